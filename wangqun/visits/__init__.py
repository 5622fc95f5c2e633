"""访问统计: how often pages are read, counted from the server's log, and the live parts of static pages. No trace of people."""
