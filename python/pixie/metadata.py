"""Metadata: the flat JSON object that an item carries."""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, TypeAlias

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar: TypeAlias = "str | int | float | bool | None"
"""A metadata value: what JSON writes without brackets."""


def flat_copy(metadata: Mapping[str, object] | None, item: str) -> dict[str, Scalar]:
    """A checked copy of an item's metadata, in its own order.

    NumPy's numbers become Python's, so that values taken from a table can be given as they are.

    Raises
    ------
    InvalidInputError
        It is no mapping, a key is not a string that UTF-8 can write, or a value is nested, not finite or of
        another type; the message names the key.
    """
    if metadata is None:
        return {}
    if not hasattr(metadata, "items"):
        raise InvalidInputError(
            f"the metadata of item {item!r} is a {type(metadata).__name__}, not a mapping",
            fix='give an object such as {"year": 2020}',
            item=item,
        )
    return {_key(key, item): _scalar(key, value, item) for key, value in metadata.items()}


def _key(key: object, item: str) -> str:
    if isinstance(key, str):
        if any("\ud800" <= character <= "\udfff" for character in key):
            raise InvalidInputError(
                f"the metadata of item {item!r} has the key {key!r}, which holds half of a surrogate pair",
                fix="give keys that can be written as UTF-8; values may hold anything",
                item=item,
            )
        return key
    raise InvalidInputError(
        f"the metadata of item {item!r} has the key {key!r}, which is a {type(key).__name__}",
        fix="metadata keys are strings",
        item=item,
    )


def _scalar(key: str, value: object, item: str) -> Scalar:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        if math.isfinite(number):
            return number
        raise InvalidInputError(
            f"the metadata of item {item!r} has {number} under {key!r}, for which JSON has no number",
            fix="leave the key out, or use null",
            item=item,
        )
    raise InvalidInputError(
        f"the metadata of item {item!r} has a {type(value).__name__} under {key!r}",
        fix="metadata is flat: a string, number, boolean or null for each key",
        item=item,
    )
