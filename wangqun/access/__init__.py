"""权限档案: every authority is a record, and what a person may do follows from it alone."""
