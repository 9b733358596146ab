"""Telling from a look at a file or folder which program wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixie.items import Modality

CLIP_RETRIEVAL_ARRAYS: dict[Modality, str] = {"image": "img_emb", "text": "text_emb"}
"""The folders that clip-retrieval keeps vectors in, which the files in them are named after, too."""

_DATABASE = b"SQLite format 3\0"


def is_clip_retrieval(folder: str) -> bool:
    """Whether a folder looks like one of clip-retrieval's."""
    arrays = CLIP_RETRIEVAL_ARRAYS.values()
    return Path(folder, "metadata").is_dir() and any(Path(folder, name).is_dir() for name in arrays)


def is_database(path: str) -> bool:
    """Whether a file is a SQLite database."""
    file = Path(path)
    try:
        # A pipe could be read once only.
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(_DATABASE)) == _DATABASE
    except (OSError, ValueError):
        return False
