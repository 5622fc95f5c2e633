"""机构人员: organisations, people, the posts they hold, the leading group."""
