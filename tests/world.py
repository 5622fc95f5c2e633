"""The cast. Built once through the real actions; tests fetch people and places by name."""


def build() -> None:
    """Build the cast in an empty, migrated database."""


class World:
    """The cast by name."""
