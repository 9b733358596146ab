"""What a commit is given: items with their vectors, failures, and files that were only touched."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.items import MODALITIES, Failure, Modality, check_id, check_text
from pixie.metadata import Scalar, flat_copy

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    hash
        SHA-256 of the picture file's content, in hexadecimal.
    vectors
        For each new vector its modality and its row in the array that is committed with the records.
    """

    id: str
    path: str | None = None
    text: str | Keep | None = None
    metadata: Mapping[str, Scalar] | Keep = KEEP
    size: int | None = None
    mtime_ns: int | None = None
    hash: str | None = None
    width: int | None = None
    height: int | None = None
    vectors: tuple[tuple[Modality, int], ...] = ()

    def __post_init__(self) -> None:
        check_id(self.id)
        if self.text is not KEEP:
            check_text(self.text, self.id)
        if self.metadata is not KEEP:
            object.__setattr__(self, "metadata", flat_copy(self.metadata, self.id))
        for name in ("size", "mtime_ns", "width", "height"):
            _check_whole(getattr(self, name), name, self.id)
        for modality, _ in self.vectors:
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
            size=found.get("size"),
            mtime_ns=found.get("mtime_ns"),
            hash=found.get("hash"),
            width=found.get("width"),
            height=found.get("height"),
            vectors=tuple((vector["modality"], vector["row"]) for vector in found.get("vectors", ())),
        )


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that could not be taken in, with the size and time it had then."""

    failure: Failure
    size: int | None = None
    mtime_ns: int | None = None

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> FailedFile:
        """The failed file a JSON object describes."""
        return cls(Failure.from_json(found), found.get("size"), found.get("mtime_ns"))


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


def _check_whole(number: object, name: str, item: str) -> None:
    if number is None:
        return
    if isinstance(number, bool) or not isinstance(number, int) or not -_INT64 <= number < _INT64:
        raise InvalidInputError(
            f"the {name} of item {item!r} is {number!r}", fix="give a whole number of 64 bits", item=item
        )
