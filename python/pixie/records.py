"""What a commit is given: items with their vectors, failures, and files that were only touched."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.items import FACTS, MODALITIES, Modality, check_id, check_text
from pixie.metadata import Value, checked_copy
from pixie.reports import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_INT64 = 1 << 63


class Keep(enum.Enum):
    """Marks a field that an update leaves as it is."""

    KEEP = enum.auto()


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Record:
    """An item to be added, or to take the place of the one with its id.

    Attributes
    ----------
    text, metadata
        `KEEP` leaves what an earlier item of this id had, which is how indexing a file again spares the
        caption it was given since.
    facts
        What is known of its picture, by the names of `FACTS`; what is not is left out.
    vectors
        For each new vector its modality and its row in the array that is committed with the records.
    stored
        For each vector that is a copy of a stored one its modality and the row in the vector file.
    added
        When the item was first added, if that was elsewhere; it counts where the id is new.
    missing
        When its file was found to be gone; see `Item`.
    """

    id: str
    path: str | None = None
    text: str | Keep | None = None
    metadata: Mapping[str, Value] | Keep = KEEP
    facts: Mapping[str, Any] = field(default_factory=dict)
    vectors: tuple[tuple[Modality, int], ...] = ()
    stored: tuple[tuple[Modality, int], ...] = ()
    added: str | None = None
    missing: str | None = None

    def __post_init__(self) -> None:
        check_id(self.id)
        if self.text is not KEEP:
            check_text(self.text, self.id)
        if self.metadata is not KEEP:
            object.__setattr__(self, "metadata", checked_copy(self.metadata, self.id))
        object.__setattr__(self, "facts", _checked_facts(self.facts, self.id))
        for modality, _ in (*self.vectors, *self.stored):
            if modality not in MODALITIES:
                raise InvalidInputError(
                    f"a vector of item {self.id!r} has the modality {modality!r}",
                    fix="a vector is of an image or of a text",
                    item=self.id,
                )

    @property
    def metadata_json(self) -> str | None:
        """The metadata as ASCII JSON, None to keep what there is."""
        return None if self.metadata is KEEP else json.dumps(self.metadata, allow_nan=False)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Record:
        """The record a JSON object describes; a ``text`` or ``metadata`` that is left out is kept."""
        return cls(
            id=found["id"],
            path=found.get("path"),
            text=found.get("text", KEEP),
            metadata=found.get("metadata", KEEP),
            facts={name: found[name] for name in FACTS if name in found},
            vectors=_rows(found.get("vectors", ())),
            stored=_rows(found.get("stored", ())),
        )


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file, or a row of a table, that could not be taken in.

    Attributes
    ----------
    size, mtime_ns
        Of the file, or of the row's picture, as it was then; None where there is none.
    source
        The table that it is a row of; None for a file.
    said
        A hash of all that the row said.
    """

    failure: Failure
    size: int | None = None
    mtime_ns: int | None = None
    source: str | None = None
    said: str | None = None

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> FailedFile:
        """The failed file or row a JSON object describes."""
        others = (found.get(name) for name in ("size", "mtime_ns", "source", "said"))
        return cls(Failure.from_json(found), *others)


@dataclass(frozen=True, slots=True)
class TouchedFile:
    """A file whose content is what it was, at a new place, size or time."""

    id: str
    path: str
    size: int
    mtime_ns: int

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> TouchedFile:
        """The touched file a JSON object describes."""
        return cls(found["id"], found["path"], found["size"], found["mtime_ns"])


def _rows(found: Iterable[Mapping[str, Any]]) -> tuple[tuple[Modality, int], ...]:
    return tuple((vector["modality"], vector["row"]) for vector in found)


def _checked_facts(facts: Mapping[str, Any], item: str) -> dict[str, Any]:
    """The facts that are not None, if each is of its type."""
    known = {name: value for name, value in facts.items() if value is not None}
    for name, value in known.items():
        wanted = FACTS.get(name)
        if wanted is None:
            raise InvalidInputError(f"item {item!r} has an unknown fact {name!r}", item=item)
        right = isinstance(value, (int, float) if wanted is float else wanted) and not isinstance(value, bool)
        if right and isinstance(value, str):
            right = _is_utf8(value)
        if not right or (isinstance(value, int) and not -_INT64 <= value < _INT64):
            kind = {int: "a whole number of 64 bits", float: "a number", str: "a text"}[wanted]
            raise InvalidInputError(
                f"the {name} of item {item!r} is {value!r}", fix=f"give {kind}", item=item
            )
    return known


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
