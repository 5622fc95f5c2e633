"""门户: home pages, navigation and the furniture of every public page."""
