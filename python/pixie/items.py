"""What goes into a collection and what comes out of it, and the JSON form of each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from pixie.errors import InvalidInputError
from pixie.metadata import Value, checked_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from pixie.index.trace import Explanation
    from pixie.recall_check import RecallCheck
    from pixie.reports import Warning  # noqa: A004

Modality = Literal["image", "text"]
"""What a vector was made from."""

MODALITIES: tuple[Modality, ...] = ("image", "text")

FACTS: dict[str, type] = {
    **dict.fromkeys(("width", "height"), int),
    "format": str,
    **dict.fromkeys(("size", "mtime_ns"), int),
    "sha256": str,
    "orientation": int,
    **dict.fromkeys(("taken", "camera", "lens"), str),
    **dict.fromkeys(("latitude", "longitude"), float),
}
"""What a collection keeps of an item's picture: attributes of `Item`, keys in JSON and columns on disk."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to find: an id, a picture or a text or both, and metadata.

    Parameters
    ----------
    id
        Unique in its collection, any text but the empty one. Files that were indexed have
        ``FOLDER/PATH/BELOW/IT.jpg``.
    path
        The picture's file. It stays where it is; the collection keeps its absolute path.
    text
        Not blank. Models read its beginning only (77 tokens for CLIP).
    metadata
        A mapping of strings to what JSON can write: strings, finite numbers, booleans, None, lists, mappings.
    image
        A picture given as the bytes of a picture file or as a ``PIL.Image`` instead of a path; it is embedded
        and not kept.
    width, height
        Size of the picture in pixels, as shown; set by the collection.
    format
        The picture's file format, such as ``JPEG``.
    size, mtime_ns
        Bytes of the file, and when it was last changed (nanoseconds since 1970), as it was read.
    sha256
        Of the file's content, 64 hexadecimal digits.
    orientation, taken, camera, lens, latitude, longitude
        What the camera wrote; see `pixie.exif.Exif`.
    missing
        When its file was found to be gone, ISO 8601 in UTC; None while it is there.
    added
        When the item was first added, ISO 8601 in UTC.
    vectors
        Which vectors the item has: ``"image"``, ``"text"`` or both.

    Raises
    ------
    InvalidInputError
        The id is empty, the text is blank, the metadata is nothing that JSON can write, or both a path and an
        image are given.

    Examples
    --------
    >>> Item("beach", path="beach.jpg", text="a dog on a beach", metadata={"year": 2020}).id
    'beach'
    """

    id: str
    path: str | None = None
    text: str | None = None
    metadata: Mapping[str, Value] = field(default_factory=dict)
    image: bytes | Image | None = field(default=None, repr=False, compare=False)
    width: int | None = None
    height: int | None = None
    format: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    orientation: int | None = None
    taken: str | None = None
    camera: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    missing: str | None = None
    added: str | None = None
    vectors: tuple[Modality, ...] = ()

    def __post_init__(self) -> None:
        check_id(self.id)
        if self.path is not None and type(self.path) is not str:
            object.__setattr__(self, "path", os.fsdecode(self.path))
        if self.path is not None and self.image is not None:
            raise InvalidInputError(
                f"item {self.id!r} has a path and an image", fix="give one of them", item=self.id
            )
        check_text(self.text, self.id)
        object.__setattr__(self, "metadata", checked_copy(self.metadata, self.id))

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture to embed."""
        return self.path is not None or self.image is not None

    def to_json(self) -> dict[str, Any]:
        """The item's JSON object."""
        return {
            "id": self.id,
            "path": self.path,
            "text": self.text,
            "metadata": dict(self.metadata),
            **{name: getattr(self, name) for name in FACTS},
            "missing": self.missing,
            "added": self.added,
            "vectors": list(self.vectors),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Item:
        """The item a JSON object describes; only ``id`` must be there."""
        known = {name: found[name] for name in _ITEM_KEYS if name in found}
        known["vectors"] = tuple(found.get("vectors", ()))
        return cls(**known)


_ITEM_KEYS = ("id", "path", "text", "metadata", *FACTS, "missing", "added")


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that answers a query.

    ``score`` is the cosine between the query and the item's best vector, in [-1, 1]; ``modality`` says which
    vector that was.
    """

    id: str
    score: float
    path: str | None
    text: str | None
    metadata: Mapping[str, Value]
    modality: Modality

    def to_json(self) -> dict[str, Any]:
        """The hit's JSON object."""
        return {
            "id": self.id,
            "score": self.score,
            "path": self.path,
            "text": self.text,
            "metadata": dict(self.metadata),
            "modality": self.modality,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Hit:
        """The hit a JSON object describes."""
        return cls(**{name: found[name] for name in ("id", "score", "path", "text", "metadata", "modality")})


@dataclass(frozen=True, slots=True)
class SearchResult(Sequence[Hit]):
    """The answer to a query: its hits, best first, equal scores in the order the vectors were added.

    ``explanation`` says what was looked at, ``check`` what was missed; None unless the search asked for them.

    Examples
    --------
    >>> for hit in collection.search("a dog"):  # doctest: +SKIP
    ...     print(hit.score, hit.id)
    """

    hits: tuple[Hit, ...] = ()
    warnings: tuple[Warning, ...] = ()
    explanation: Explanation | None = None
    check: RecallCheck | None = None

    @overload
    def __getitem__(self, position: int) -> Hit: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, position: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[position]

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def to_json(self) -> dict[str, Any]:
        """The result's JSON object."""
        return {
            "hits": [hit.to_json() for hit in self.hits],
            "warnings": [warning.to_json() for warning in self.warnings],
            "explanation": None if self.explanation is None else self.explanation.to_json(),
            "check": None if self.check is None else self.check.to_json(),
        }


def check_id(identifier: object) -> str:
    """`identifier`, or `InvalidInputError` when it can't be an item's id."""
    if isinstance(identifier, str) and identifier:
        return identifier
    what = "empty" if identifier == "" else f"{identifier!r}, a {type(identifier).__name__}"
    raise InvalidInputError(f"an item's id is {what}", fix="an id is any text but the empty one")


def check_text(text: object, item: str) -> None:
    """Refuse an item's text that is neither None nor a string with something in it."""
    if text is None or (isinstance(text, str) and text.strip()):
        return
    what = "blank" if isinstance(text, str) else f"a {type(text).__name__}"
    raise InvalidInputError(
        f"the text of item {item!r} is {what}", fix="give it words, or leave it out", item=item
    )
