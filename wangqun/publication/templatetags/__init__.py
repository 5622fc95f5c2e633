"""Template tags about public files."""
