"""Metadata: the JSON object that an item carries."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import TypeAlias

from pixie.errors import InvalidInputError

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""A metadata value: whatever JSON can write."""

DEEPEST = 32
"""Lists and objects inside each other that metadata may have."""


def checked_copy(metadata: Mapping[str, object] | None, item: str) -> dict[str, Value]:
    """A checked copy of an item's metadata, in its own order.

    NumPy's numbers become Python's and tuples lists, so that values taken from a table can be given as they
    are.

    Raises
    ------
    InvalidInputError
        It is no mapping, a key is not a string that UTF-8 can write, or a value is not finite, is nested more
        than `DEEPEST` times or of a type that JSON has not; the message names the key.
    """
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise InvalidInputError(
            f"the metadata of item {item!r} is a {type(metadata).__name__}, not a mapping",
            fix='give an object such as {"year": 2020}',
            item=item,
        )
    return {_key(key, item): _value(key, value, item, 0) for key, value in metadata.items()}


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


def _value(key: str, value: object, item: str, depth: int) -> Value:
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
    if depth == DEEPEST:
        raise InvalidInputError(
            f"the metadata of item {item!r} is nested more than {DEEPEST} times under {key!r}",
            fix="give it as a text, or leave it out",
            item=item,
        )
    if isinstance(value, Mapping):
        return {_key(inner, item): _value(key, each, item, depth + 1) for inner, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(key, each, item, depth + 1) for each in value]
    raise InvalidInputError(
        f"the metadata of item {item!r} has a {type(value).__name__} under {key!r}",
        fix="metadata is JSON: strings, numbers, booleans, null, lists and objects",
        item=item,
    )
