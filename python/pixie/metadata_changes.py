"""Changes to the metadata of items that are there: keys are set and taken away, the others stay."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.database import utf8
from pixie.errors import InvalidInputError
from pixie.filters.names import METADATA, Name
from pixie.metadata import Value, checked_copy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class MetadataChanges:
    """What to set and what to take away, by names as filters have them: ``year``, ``exif.iso``.

    A name of several keys is the way into objects, which are made where they are missing. A fact's name means
    a key of the metadata here, since facts are found and not given.
    """

    values: tuple[tuple[tuple[str, ...], Value], ...]
    unset: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, values: Mapping[str, object], unset: Iterable[str]) -> MetadataChanges:
        """Checked changes.

        Raises
        ------
        InvalidInputError
            There are none, a name is none, one is set and taken away, or a value is nothing that JSON has.
        """
        copies = checked_copy(values, METADATA)
        found = cls(
            tuple((Name.of(name).keys, value) for name, value in copies.items()),
            tuple(Name.of(name).keys for name in unset),
        )
        if not found.values and not found.unset:
            raise InvalidInputError(
                "nothing is to be changed", fix="give a key and its value, or one to unset"
            )
        both = {keys for keys, _ in found.values} & set(found.unset)
        if both:
            raise InvalidInputError(
                f"the key {'.'.join(min(both))} is set and taken away", fix="do one of them"
            )
        return found

    def applied(self, metadata: dict[str, Any], item: str) -> dict[str, Value]:
        """An item's metadata with these changes.

        Raises
        ------
        InvalidInputError
            A name leads into a value that is no object, or too deep.
        """
        for keys in self.unset:
            inside: Any = metadata
            for key in keys[:-1]:
                inside = inside.get(key) if isinstance(inside, dict) else None
            if isinstance(inside, dict):
                inside.pop(keys[-1], None)
        for keys, value in self.values:
            inside = metadata
            for key in keys[:-1]:
                inside = inside.setdefault(key, {})
                if not isinstance(inside, dict):
                    raise InvalidInputError(
                        f"item {item!r} has {inside!r} under {key!r}, in which nothing can be set",
                        fix=f"unset {key} first, or set it to an object",
                        item=item,
                    )
            inside[keys[-1]] = value
        return checked_copy(metadata, item)


def change(
    connection: sqlite3.Connection, ids: Iterable[str], changes: MetadataChanges
) -> tuple[int, list[str]]:
    """Change the metadata of some items; how many there were, and the ids that there were none of."""
    unknown = []
    wanted = list(dict.fromkeys(ids))
    for identifier in wanted:
        found = connection.execute(
            "SELECT number, metadata FROM items WHERE id = CAST(? AS TEXT)", (utf8(identifier),)
        ).fetchone()
        if found is None:
            unknown.append(identifier)
            continue
        number, metadata = found
        changed = json.dumps(changes.applied(json.loads(metadata), identifier), allow_nan=False)
        if changed != metadata:
            connection.execute("UPDATE items SET metadata = ? WHERE number = ?", (changed, number))
    return len(wanted) - len(unknown), unknown
