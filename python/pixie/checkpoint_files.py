"""The files of a checkpoint's folder, by the names Hugging Face gives them.

Imports nothing that is installed, so that it can be asked for a model's place before anything is set up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pixie.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

SINGLE_FILE = "model.safetensors"
SHARD_INDEX = "model.safetensors.index.json"


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint folder, all present.

    Raises
    ------
    ModelError
        ``unsupported`` when there are none, ``damaged`` when a shard is missing or the index can't be read.
    """
    single = folder / SINGLE_FILE
    if single.is_file():
        return [single]
    index = folder / SHARD_INDEX
    if not index.is_file():
        others = ", ".join(sorted(file.name for file in folder.glob("*.bin"))) or "no weights at all"
        raise ModelError(
            f"{folder} has no {SINGLE_FILE}, but {others}",
            fix="Pixie reads safetensors only: save the model again with a current transformers",
            code="unsupported",
        )
    try:
        shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        files = [folder / shard for shard in shards]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(index, f"the list of shards can't be read: {error}") from error
    for file in files:
        if not file.is_file():
            raise damaged(file, "this shard of the weights is missing")
    return files


def tokenizer_files(folder: Path) -> list[Path]:
    """The files that decide how `folder`'s checkpoint cuts texts into tokens."""
    whole = folder / "tokenizer.json"
    if whole.is_file():
        return [whole]
    parts = [folder / "vocab.json", folder / "merges.txt"]
    if all(part.is_file() for part in parts):
        return parts
    raise ModelError(
        f"{folder} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt",
        fix="fetch or copy the checkpoint again, with its tokenizer's files",
        code="damaged",
    )


def damaged(file: Path, why: str) -> ModelError:
    """The error for a file that is there and can't be used."""
    return ModelError(
        f"{file} is damaged or was not copied whole: {why}", fix="fetch or copy it again", code="damaged"
    )
