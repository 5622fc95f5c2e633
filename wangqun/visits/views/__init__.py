"""The live parts of public pages, and the report of the back office."""
