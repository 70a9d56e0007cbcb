// RunbookTransport
