"""Which column of a table is what."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

GUESSES = {
    "id": ("id",),
    "image": ("image", "path", "file", "image_path", "file_path", "filename", "file_name"),
    "text": ("text", "title", "caption", "name"),
}
"""What columns are taken for what when nobody says, in whatever case; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that ids, pictures, texts and metadata are taken from.

    ``id``, ``image`` and ``text`` are None where there is no such column.
    """

    id: str | None
    image: str | None
    text: str | None
    metadata: tuple[str, ...]

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        id: str | None = None,  # noqa: A002 (the word users know)
        image: str | None = None,
        text: str | None = None,
        metadata: Sequence[str] | None = None,
    ) -> Columns:
        """What was asked for, and guesses by name for the rest; all other columns are metadata.

        Raises
        ------
        InvalidInputError
            There is no such column (the message lists those there are), or none that could be a picture or a
            text.
        """
        asked = {"id": id, "image": image, "text": text}
        for wanted in (*asked.values(), *(metadata or ())):
            if wanted is not None and wanted not in names:
                raise _unknown(wanted, names)
        taken = {name for name in asked.values() if name is not None}
        for what, given in asked.items():
            if given is None:
                asked[what] = found = _guess(what, [name for name in names if name not in taken])
                if found is not None:
                    taken.add(found)
        if asked["image"] is None and asked["text"] is None:
            raise InvalidInputError(
                "none of the table's columns is known to hold pictures or texts",
                fix=f"name one with --image or --text; there are {_listed(names)}",
                item="columns",
            )
        others = [name for name in names if name not in taken] if metadata is None else metadata
        return cls(asked["id"], asked["image"], asked["text"], tuple(dict.fromkeys(others)))


def _guess(what: str, names: Sequence[str]) -> str | None:
    by_lower = {name.strip().lower(): name for name in reversed(names)}
    return next((by_lower[guess] for guess in GUESSES[what] if guess in by_lower), None)


def _unknown(wanted: str, names: Sequence[str]) -> InvalidInputError:
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(wanted.lower(), lower, n=1, cutoff=0.5)
    meant = f"did you mean {lower[near[0]]!r}? " if near else ""
    return InvalidInputError(
        f"the table has no column {wanted!r}", fix=f"{meant}there are {_listed(names)}", item="columns"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names) or "no columns"
