"""Template tags of the furniture of public pages."""
