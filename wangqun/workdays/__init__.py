"""工作日历: the State Council's calendars and counting in working days."""
