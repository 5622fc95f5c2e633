"""发布: release records, and the tree of files that is all the public ever sees."""
