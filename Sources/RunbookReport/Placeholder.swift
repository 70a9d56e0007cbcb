// RunbookReport
