"""The chain's arithmetic, pure: what an entry's digest is made of."""

import hashlib
import json
from datetime import UTC, datetime

FIELDS = (
    "stream",
    "sequence",
    "verb",
    "actor_id",
    "actor_name",
    "actor_organisation",
    "address",
    "subject_type",
    "subject_id",
    "subject_label",
    "data",
)


def digest(values: dict, at: datetime, previous: str) -> str:
    """Return the SHA-256, in hexadecimal, of the canonical JSON of an entry's values, its moment and `previous`."""
    content = {name: values[name] for name in FIELDS}
    content["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    content["previous"] = previous
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
