"""A collection whose items have facts and metadata of every sort, for tests of filters, lists and facets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from collection_fixtures import unit
from pixie.collection import Collection
from pixie.records import Record

if TYPE_CHECKING:
    from pixie.holdings import Holdings

_DAY = 86_400_000_000_000

ITEMS: dict[str, dict[str, Any]] = {
    "Pictures/2020/beach.jpg": {
        "metadata": {"year": 2020, "tag": ["red", "blue"], "exif": {"iso": 100}, "draft": True},
        "facts": {
            "width": 4000,
            "taken": "2020-05-13T13:21:58",
            "camera": "Canon EOS R5",
            "mtime_ns": 19_000 * _DAY,
        }
        | {"latitude": 48.1375, "longitude": 11.575},
    },
    "Pictures/2021/city.jpg": {
        "metadata": {"year": 2021.0, "tag": "red", "exif": {"iso": 400}, "draft": False},
        "facts": {
            "width": 3000,
            "taken": "2021-01-01T00:00:00",
            "camera": "Nikon Z 6",
            "mtime_ns": 19_001 * _DAY,
        }
        | {"latitude": -17.7, "longitude": 179.9},
    },
    "Pictures/2021/dog.jpg": {
        "metadata": {"year": "2021", "tag": [], "width": 5},
        "facts": {"width": 200, "mtime_ns": 19_002 * _DAY},
    },
    "caption": {"text": "a dog on a beach", "metadata": {"year": None, 'it\'s "odd"': 1, "größe": 2**53 + 1}},
    "plain": {"metadata": {}, "facts": {"camera": "canon"}},
}


def fill(holdings: Holdings) -> Collection:
    """Commit the items, one vector each, with the folder of some of them."""
    records = []
    for row, (name, fields) in enumerate(ITEMS.items()):
        modality = "text" if "text" in fields else "image"
        path = f"/home/ann/{name}" if name.startswith("Pictures/") else None
        records.append(Record(name, path=path, vectors=((modality, row),), **fields))
    holdings.commit(records, np.stack([unit(name) for name in ITEMS]))
    holdings.store.set_places({"Pictures": "/home/ann/Pictures"}, {})
    return Collection(holdings)


def mark_missing(holdings: Holdings, *ids: str) -> None:
    """Have the files of items found to be gone."""
    with holdings.store._commit() as (connection, _):
        connection.executemany(
            "UPDATE items SET missing = '2026-06-01T00:00:00Z' WHERE id = ?", ((name,) for name in ids)
        )
