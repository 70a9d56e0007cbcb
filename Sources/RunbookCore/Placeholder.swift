// RunbookCore
