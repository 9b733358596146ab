"""What filters name, as SQL has it: columns of ``items``, and values in the JSON of an item's metadata.

Nothing of a filter gets into the SQL but the keys of the metadata, as paths in ASCII (`path_of`): an index on
an expression serves conditions that have the same expression alone, letter by letter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pixie.filters.condition import Condition

if TYPE_CHECKING:
    from pixie.filters.names import Name


def path_of(name: Name) -> str | None:
    """A key's path in a string of SQL, quotes included; None for keys that no path can name."""
    labels = []
    for key in name.keys:
        if not key or '"' in key or "\\" in key or any(c < " " for c in key):
            return None
        labels.append(json.dumps(key))
    return "'" + ".".join(["$", *labels]).replace("'", "''") + "'"


def value_of(name: Name) -> Condition:
    """A name's value as SQL has it: a column, or what JSON holds, of lists and objects their JSON."""
    if name.fact:
        return Condition({"modified": "mtime_ns", "gps": "latitude"}.get(name.keys[0], name.keys[0]))
    document, path, values = _place(name)
    return Condition(f"json_extract({document}, {path})", values)


def type_of(name: Name) -> Condition:
    """The type of a key's value as ``json_type`` has it, NULL where there is none."""
    document, path, values = _place(name)
    return Condition(f"json_type({document}, {path})", values)


def entries_of(name: Name) -> Condition:
    """A table ``entry`` with columns ``type`` and ``value``: of a key's value, or of each entry of a list."""
    document, path, values = _place(name)
    return Condition(f"json_each({document}, {path}) AS entry", values)


def _place(name: Name) -> tuple[str, str, tuple[Any, ...]]:
    path = path_of(name)
    if path is None:
        return "pixie_at(metadata, ?)", "'$[0]'", (json.dumps(name.keys),)
    return "metadata", path, ()
