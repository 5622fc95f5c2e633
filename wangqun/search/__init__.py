"""检索: one search over the released text of this site or all; suggestions; what is asked and not found."""
