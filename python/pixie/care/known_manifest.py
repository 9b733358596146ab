"""What a damaged collection.json, or one that was never put in place, still says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pixie import manifest
from pixie.clock import now
from pixie.manifest import Manifest, Model
from pixie.opening import INDEX_SETTINGS

if TYPE_CHECKING:
    from pathlib import Path


def known_manifest(path: Path, name: str) -> Manifest | None:
    """What a file says that was meant to be a collection.json, if it says which model."""
    try:
        found = json.loads(path.read_bytes())
        model = Model(*(found["model"][key] for key in ("name", "fingerprint", "dimension")))
        if not (
            isinstance(model.fingerprint, str) and isinstance(model.dimension, int) and model.dimension > 0
        ):
            return None
        settings = found.get("settings")
        if not isinstance(settings, dict) or not isinstance(settings.get("index"), dict):
            settings = {"index": INDEX_SETTINGS}
        if not isinstance(settings.get("frames", 1), int):
            del settings["frames"]
        version = found.get("format")
        known = isinstance(version, int) and 1 <= version <= manifest.FORMAT
        created = found.get("created")
        return Manifest(
            found["name"] if isinstance(found.get("name"), str) else name,
            model,
            created if isinstance(created, str) else now(),
            settings,
            version if known else manifest.FORMAT,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
