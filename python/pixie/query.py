"""Terms of a query, how they are written down, and the one vector they add up to."""

from __future__ import annotations

import math
import numbers
import os
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    from pixie.items import Modality

Kind = Literal["text", "image", "item", "vector"]

# A weight is a plain decimal number: "zz:cat" and "http://x" are texts.
_WEIGHTED = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)):(.*)", re.DOTALL | re.ASCII)

_CANCELS_BELOW = 1e-5
"""Share of the summed weights below which a sum points nowhere: a text embedded in two different batches
gives
vectors 2e-7 apart, so what is left of a text minus itself is no direction."""


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query: something with a vector, and a weight that may be negative.

    A query's vector is the sum of its terms' unit vectors, each times its weight, scaled to length 1. Made by
    `text`, `image`, `item`, `vector` or `parse`.

    Examples
    --------
    >>> Term.parse("0.5:dog") == Term.text("dog", weight=0.5)
    True
    """

    kind: Kind
    value: Any
    weight: float = 1.0

    def __post_init__(self) -> None:
        weight: object = self.weight
        if not isinstance(weight, numbers.Real) or not math.isfinite(weight) or weight == 0:
            raise InvalidInputError(
                f"the weight of a term is {weight!r}", fix="give a finite number other than 0"
            )
        object.__setattr__(self, "weight", float(weight))

    @classmethod
    def text(cls, text: str, weight: float = 1.0) -> Term:
        """What `text` says; taken as it is, no part of it is read as syntax."""
        if not isinstance(text, str) or not text.strip():
            raise InvalidInputError("the query has a blank text", fix="say what to look for")
        return cls("text", text, weight)

    @classmethod
    def image(cls, image: str | os.PathLike[str] | bytes | Image, weight: float = 1.0) -> Term:
        """What a picture shows, given by its path, as the bytes of a picture file, or as a ``PIL.Image``."""
        return cls("image", os.fspath(image) if isinstance(image, os.PathLike) else image, weight)

    @classmethod
    def item(cls, identifier: str, weight: float = 1.0) -> Term:
        """What an item of the collection is about: its picture, or its text when it has none.

        The item itself is left out of the hits when this is the only term with a positive weight.
        """
        if not isinstance(identifier, str) or not identifier:
            raise InvalidInputError("the query has an item term without an id", fix="name an item")
        return cls("item", identifier, weight)

    @classmethod
    def vector(cls, vector: npt.ArrayLike, weight: float = 1.0) -> Term:
        """A vector of the collection's model, of finite numbers; it is scaled to length 1."""
        import numpy as np

        try:
            found = np.asarray(vector, np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidInputError(f"a vector of the query is none: {error}") from error
        if found.ndim != 1 or not found.any() or not np.isfinite(found).all():
            raise InvalidInputError(
                f"a vector of the query has the shape {found.shape}, or is zero or not finite",
                fix="give one vector of the collection's model",
            )
        return cls("vector", tuple(found.tolist()), weight)

    @classmethod
    def parse(cls, source: str) -> Term:
        """Read a term as the command line takes it.

        ``[WEIGHT:]`` and then ``@FILE``, ``id:ID``, ``text:TEXT`` or just a text. ``text:`` is for texts that
        look like something else: ``text:@home``, ``text:12:30``. What stands before a colon is a weight only
        when it is a plain decimal number, so ``zz:cat`` is a text.

        Raises
        ------
        InvalidInputError
            There is nothing after the weight, the ``@`` or the ``id:``, or the weight is 0.
        """
        weight, rest = 1.0, source
        weighted = _WEIGHTED.fullmatch(source)
        if weighted:
            weight, rest = float(weighted[1]), weighted[2]
        if rest.startswith("@"):
            if rest == "@":
                raise InvalidInputError(f"the term {source!r} names no file", fix="write @FILE", item=source)
            return cls.image(os.path.expanduser(rest[1:]), weight)
        if rest.startswith("id:"):
            if rest == "id:":
                raise InvalidInputError(f"the term {source!r} names no item", fix="write id:ID", item=source)
            return cls.item(rest[3:], weight)
        return cls.text(rest.removeprefix("text:"), weight)

    @classmethod
    def several(cls, query: str | Term | Sequence[str | Term]) -> list[Term]:
        """The terms of a query: a text, a term or several of them; texts are taken as they are."""
        given = [query] if isinstance(query, (str, Term)) else list(query)
        return [cls.text(term) if isinstance(term, str) else term for term in given]

    def minus(self) -> Term:
        """The same term with the sign of its weight turned: what the hits should not be like."""
        return replace(self, weight=-self.weight)

    def __str__(self) -> str:
        """The term as `parse` reads it, where it can be written down."""
        if self.kind == "text":
            taken_apart = _WEIGHTED.fullmatch(self.value) or self.value.startswith(("@", "id:", "text:"))
            source = f"text:{self.value}" if taken_apart else self.value
        elif self.kind == "item":
            source = f"id:{self.value}"
        elif self.kind == "vector":
            source = f"(vector of {len(self.value)} numbers)"
        else:
            size = f" of {len(self.value)} bytes" if isinstance(self.value, bytes) else ""
            source = f"@{self.value}" if isinstance(self.value, str) else f"@(picture{size})"
        return source if self.weight == 1 else f"{Decimal(repr(self.weight)).normalize():f}:{source}"

    def to_json(self) -> dict[str, Any]:
        """The term's JSON object.

        Raises
        ------
        InvalidInputError
            The term is a picture that is not a file.
        """
        if self.kind == "image" and not isinstance(self.value, str):
            raise InvalidInputError("a picture in memory has no JSON form", fix="save it and give its path")
        return {"weight": self.weight, _JSON_KEYS[self.kind]: _plain(self.value)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Term:
        """The term a JSON object describes."""
        weight = found.get("weight", 1.0)
        given = [kind for kind, key in _JSON_KEYS.items() if key in found]
        if len(given) != 1:
            raise InvalidInputError(
                f"a term has {len(given)} of the keys text, path, id and vector", fix="give exactly one"
            )
        kind = given[0]
        make = {"text": cls.text, "image": cls.image, "item": cls.item, "vector": cls.vector}[kind]
        return make(found[_JSON_KEYS[kind]], weight)


_JSON_KEYS: dict[Kind, str] = {"text": "text", "image": "path", "item": "id", "vector": "vector"}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Part:
    """A term whose vector is known.

    ``vector`` is float32 (d,) of any length but zero; ``modality`` what it was made from, None when unknown;
    ``item`` the number of the item it belongs to, for a term by id; ``written`` the term as it is logged.
    """

    weight: float
    vector: npt.NDArray[np.float32]
    modality: Modality | None = None
    item: int | None = None
    written: str | None = None


@dataclass(frozen=True, slots=True)
class Direction:
    """What to search for: a unit vector, float32 (d,), what it was made from, and the item to leave out."""

    vector: npt.NDArray[np.float32]
    modality: Modality | None
    left_out: int | None


def combine(parts: Sequence[Part], dimension: int) -> Direction:
    """Add up the parts, each scaled to length 1 and times its weight, and scale the sum to length 1.

    Raises
    ------
    InvalidInputError
        There is no part, a vector has another length or is zero or not finite, or the parts cancel out.
    """
    import numpy as np

    if not parts:
        raise InvalidInputError("the query is empty", fix="give a text, a picture or an item to search by")
    largest = max(abs(part.weight) for part in parts)
    if not (math.isfinite(largest) and largest > 0):
        raise InvalidInputError(
            "a weight of the query is 0 or not finite", fix="give a finite number other than 0"
        )
    total = np.zeros(dimension, np.float64)
    for position, part in enumerate(parts):
        vector = np.asarray(part.vector, np.float64)
        if vector.shape != (dimension,):
            raise InvalidInputError(
                f"the vector of term {position + 1} has {vector.size} numbers instead of {dimension}",
                fix="make it with the collection's model",
            )
        norm = float(np.linalg.norm(vector))
        if not math.isfinite(norm) or norm == 0:
            raise InvalidInputError(
                f"the vector of term {position + 1} is zero or not finite",
                fix="give a vector that points somewhere",
            )
        # Weights count in proportion only; dividing by the largest keeps any of them from overflowing.
        total += vector * (part.weight / largest / norm)
    length = float(np.linalg.norm(total))
    if length <= _CANCELS_BELOW * sum(abs(part.weight) / largest for part in parts):
        raise InvalidInputError(
            "the terms of the query cancel each other out", fix="change a weight or leave a term out"
        )
    positive = [part for part in parts if part.weight > 0]
    modalities = {part.modality for part in positive}
    return Direction(
        vector=(total / length).astype(np.float32),
        modality=modalities.pop() if len(modalities) == 1 else None,
        left_out=positive[0].item if len(positive) == 1 else None,
    )
