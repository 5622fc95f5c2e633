"""Names every model and state whose term is missing from docs/glossary.md: `python tools/glossary.py`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def terms() -> list[tuple[str, str]]:
    """Return (Chinese term, name in code) of every model of ours and of every choice of its fields."""
    from django.apps import apps  # noqa: PLC0415 - after setup

    found = []
    for config in apps.get_app_configs():
        if not config.name.startswith("wangqun."):
            continue
        for model in config.get_models():
            found.append((str(model._meta.verbose_name), f"{config.label}.{model.__name__}"))
            for field in model._meta.fields:
                if field.choices and field.name != "tag_type":  # page tags are their own words
                    found += [(str(label), f"{value}") for value, label in field.choices if value]
    return found


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 - the path must be set first

    django.setup()
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    missing = [f"{term}  {name}" for term, name in terms() if term not in text or f"`{name}`" not in text]
    print("\n".join(missing) or "docs/glossary.md 齐全。")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
