"""Checkpoints for the tests to open, place and damage."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pixie.checkpoint import Checkpoint
from pixie.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

REPOSITORY = "someone/some-clip"


def put_into_cache(checkpoint: Path, cache: Path, commit: str = "abc123", ref: bool = True) -> Path:
    """Store a checkpoint as the Hugging Face libraries do: a snapshot of links to blobs."""
    folder = cache / "models--someone--some-clip"
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (folder / "blobs").mkdir(exist_ok=True)
    for file in checkpoint.iterdir():
        blob = folder / "blobs" / f"{commit}-{file.name}"
        shutil.copy(file, blob)
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    if ref:
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(commit)
    return snapshot


def error_of(name: str | Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        Checkpoint.open(name).fingerprint  # noqa: B018
    return caught.value


def change_json(file: Path, change: Any) -> None:
    value = json.loads(file.read_text(encoding="utf-8"))
    change(value)
    file.write_text(json.dumps(value), encoding="utf-8")
