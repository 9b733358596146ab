"""What a saved index tells of itself, read without opening it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def saved_facts(folder: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """The facts of the index in `folder`; None where there is none of the kind that `settings` name."""
    try:
        facts = json.loads((folder / "header.json").read_bytes())["about"]["facts"]
        return facts if facts["kind"] == settings["kind"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
