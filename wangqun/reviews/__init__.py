"""审核: machine check, division, leader and office, as Wagtail tasks; signatures bound to the content."""
