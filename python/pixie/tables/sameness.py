"""Whether a row says what its item is already, and what to commit when only part of it is new."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pixie.items import FACTS
from pixie.picture_file import sha256
from pixie.records import KEEP, Record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.items import Item, Modality
    from pixie.tables.incoming import Incoming


def same_content(incoming: Incoming, item: Item) -> bool:
    """Whether a row has the picture and the text that an item has vectors of."""
    if incoming.text != item.text or (item.text is not None and "text" not in item.vectors):
        return False
    if incoming.path is None and incoming.data is None and not incoming.facts.get("sha256"):
        return item.path is None and "image" not in item.vectors
    if "image" not in item.vectors:
        return False
    if incoming.facts.get("sha256"):
        return bool(incoming.facts["sha256"] == item.sha256)
    if incoming.data is not None:
        return item.path is None and sha256(incoming.data) == item.sha256
    assert incoming.path is not None
    try:
        facts = os.stat(incoming.path)
    except (OSError, ValueError):
        return False
    return item.path == incoming.path and (facts.st_size, facts.st_mtime_ns) == (item.size, item.mtime_ns)


def same_words(incoming: Incoming, item: Item) -> bool:
    """Whether all that is no picture's and no vector's is the same."""
    return (
        item.path == incoming.path
        and item.missing == incoming.missing
        and _written(incoming.metadata) == _written(item.metadata)
    )


def same_export(incoming: Incoming, item: Item, vectors: dict[Modality, npt.NDArray[np.float32]]) -> bool:
    """Whether an item is bit for bit what a row with vectors says."""
    same_vectors = vectors.keys() == incoming.vectors.keys() and all(
        vectors[kind].tobytes() == row.tobytes() for kind, row in incoming.vectors.items()
    )
    if incoming.only_vectors:
        return same_vectors
    return (
        same_vectors
        and incoming.text == item.text
        and same_words(incoming, item)
        and all(getattr(item, name) == value for name, value in incoming.facts.items())
    )


def _written(metadata: Any) -> str:
    # As text, so that 1, 1.0 and true are three things.
    return json.dumps(metadata, sort_keys=True)


def record_of_same_content(incoming: Incoming, item: Item) -> Record:
    """What to commit when the item keeps its vectors."""
    facts = incoming.facts or ({} if item.sha256 is None else {"sha256": item.sha256})
    return Record(
        id=incoming.id,
        path=incoming.path,
        text=incoming.text,
        metadata=incoming.metadata,
        facts=facts,
        added=incoming.added,
        missing=incoming.missing,
    )


def record_with_vectors(incoming: Incoming, item: Item | None, first: int) -> Record:
    """What to commit of a row with vectors, which are the rows from `first` on."""
    vectors = tuple((modality, first + row) for row, modality in enumerate(incoming.vectors))
    if incoming.only_vectors:
        if item is None:
            return Record(id=incoming.id, vectors=vectors)
        facts = {name: getattr(item, name) for name in FACTS}
        return Record(incoming.id, item.path, KEEP, KEEP, facts, vectors, missing=item.missing)
    return Record(
        id=incoming.id,
        path=incoming.path,
        text=incoming.text,
        metadata=incoming.metadata,
        facts=incoming.facts,
        vectors=vectors,
        added=incoming.added,
        missing=incoming.missing,
    )
