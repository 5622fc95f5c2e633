"""The one exception that is meant for a person."""


class Refused(Exception):
    """An action that cannot be done, with one Chinese sentence that says why and what to do next."""
