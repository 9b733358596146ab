"""Names in filters: facts of an item, and keys of its metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pixie.errors import InvalidInputError

Kind = Literal["text", "number", "date", "vectors", "place"]

FACTS: dict[str, Kind] = {
    **dict.fromkeys(("id", "path", "text"), "text"),
    **dict.fromkeys(("width", "height"), "number"),
    "format": "text",
    "size": "number",
    "modified": "date",
    "sha256": "text",
    "orientation": "number",
    "taken": "date",
    **dict.fromkeys(("camera", "lens"), "text"),
    **dict.fromkeys(("latitude", "longitude"), "number"),
    "gps": "place",
    **dict.fromkeys(("added", "missing"), "date"),
    "vectors": "vectors",
}
"""What is known of every item, by the name it has in filters, and what kind of value it is."""

METADATA = "metadata"
"""What a key that has a fact's name is written behind: ``metadata.width``."""

KEYWORDS = frozenset("and or not like glob contains in is null has near true false".split())  # noqa: SIM905

_PLAIN = re.compile(r"[^\W\d]\w*")
_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class Name:
    """A fact of an item, or the way to a value in its metadata: a key, and keys of the objects in it.

    Attributes
    ----------
    keys
        One key or more; of a fact its name alone.
    fact
        Whether it is one of `FACTS`.
    """

    keys: tuple[str, ...]
    fact: bool = False

    @classmethod
    def of_parts(cls, parts: tuple[str, ...]) -> Name:
        """The name that some parts with dots between them make."""
        if len(parts) == 1 and parts[0] in FACTS:
            return cls(parts, fact=True)
        if len(parts) > 1 and parts[0] == METADATA:
            return cls(parts[1:])
        return cls(parts)

    @classmethod
    def of(cls, written: str | Name) -> Name:
        """Read a name: parts with dots between them, each in double quotes where it has a dot or a quote.

        Raises
        ------
        InvalidInputError
            A part is empty, or a quotation mark has no other.
        """
        if isinstance(written, Name):
            return written
        parts: list[str] = []
        end = -1
        while isinstance(written, str) and (found := _PART.match(written, end + 1)):
            parts.append(found[2] if found[1] is None else found[1].replace('""', '"'))
            end = found.end()
            if end == len(written):
                return cls.of_parts(tuple(parts))
            if written[end] != ".":
                break
        raise InvalidInputError(
            f"a filter has the name {written!r}",
            fix='give a fact or a key of the metadata, as in year, exif.iso or "odd.key"',
            item="where",
        )

    @property
    def kind(self) -> Kind | None:
        """What kind of value it is; None where that is the metadata's affair."""
        return FACTS[self.keys[0]] if self.fact else None

    def __str__(self) -> str:
        """The name as filters are written."""
        if self.fact:
            return self.keys[0]
        hidden = self.keys[0] == METADATA or (len(self.keys) == 1 and self.keys[0] in FACTS)
        return ".".join(_written(part) for part in ((METADATA, *self.keys) if hidden else self.keys))


def _written(part: str) -> str:
    if _PLAIN.fullmatch(part) and part.lower() not in KEYWORDS:
        return part
    return '"' + part.replace('"', '""') + '"'
