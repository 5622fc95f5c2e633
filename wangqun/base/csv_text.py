"""Lines of CSV that Excel opens in Chinese and never runs. Pure."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

BEGINNING = "\ufeff"  # tells Excel that the file is UTF-8
MEANING = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # what spreadsheet programs may take for a formula


def safe(value: Any) -> Any:
    """Return text that begins like a formula with an apostrophe before it; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(MEANING) else value


def line(values: Iterable[Any]) -> str:
    """Return one line, with its end."""
    output = StringIO()
    csv.writer(output).writerow([safe(value) for value in values])
    return output.getvalue()
