"""Paths of treebeard's page tree: four characters a level, so whatever stands above a page is a beginning of its path. Pure."""

STEP = 4  # characters of one level


def paths_above(path: str, *, itself: bool = True) -> list[str]:
    """Return the paths of every page above the one at `path`, the root first, and its own last unless told otherwise."""
    return [path[:end] for end in range(STEP, len(path) + (1 if itself else 0), STEP)]
