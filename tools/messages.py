"""Compiles locale/*/LC_MESSAGES/django.po without gettext: `python -m tools.messages`. The result is committed.

Reads what our catalogues hold: comments, msgctxt, msgid, msgstr, and plural forms.
"""

import ast
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAGIC = 0x950412DE


def parse(text: str) -> dict[str, str]:
    """Return the translations of a catalogue as gettext keys them: context\\x04id, plurals joined by \\x00."""
    found: dict[str, str] = {}
    entry: dict[str, str] = {}
    field = ""
    is_fuzzy = False

    def finish() -> None:
        nonlocal entry, is_fuzzy
        if "msgid" in entry and not (is_fuzzy and entry["msgid"]):
            key = entry["msgid"] + ("\x00" + entry["msgid_plural"] if "msgid_plural" in entry else "")
            if "msgctxt" in entry:
                key = entry["msgctxt"] + "\x04" + key
            texts = [entry[name] for name in sorted(entry) if name.startswith("msgstr")]
            if any(texts):
                found[key] = "\x00".join(texts)
        entry, is_fuzzy = {}, False

    for row in [*text.splitlines(), ""]:
        line = row.strip()
        if not line:
            finish()
        elif line.startswith("#"):
            is_fuzzy = is_fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.startswith('"'):
            entry[field] += ast.literal_eval(line)
        else:
            field, _, value = line.partition(" ")
            entry[field] = ast.literal_eval(value)
    return found


def compile_catalogue(text: str) -> bytes:
    """Return the compiled form (.mo) of a catalogue's text."""
    pairs = sorted((key.encode(), value.encode()) for key, value in parse(text).items())
    count = len(pairs)
    header = struct.pack("<7I", MAGIC, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    position = 28 + 16 * count
    tables: list[bytes] = []
    for column in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<2I", len(pair[column]), position))
            position += len(pair[column]) + 1
    return header + b"".join(tables) + b"".join(pair[column] + b"\x00" for column in (0, 1) for pair in pairs)


def main() -> int:
    """Compile every catalogue."""
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        source.with_suffix(".mo").write_bytes(compile_catalogue(source.read_text(encoding="utf-8")))
        print(f"» {source.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
