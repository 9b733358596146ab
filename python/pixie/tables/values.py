"""Cells of tables as values that JSON can write."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
import uuid
from collections.abc import Mapping

_DEEPEST = 64
"""Far beyond what metadata may be nested, and far from the end of Python's stack."""


def json_value(cell: object, depth: int = 0) -> object:
    """A cell as JSON has it; what has no such form is left as it is, for `checked_copy` to refuse.

    Dates and times become ISO 8601 texts, durations seconds, decimals numbers where a number is exactly that,
    else texts; bytes become Base64. NaN, which tables use for a value that is missing, becomes None.
    """
    if cell is None or isinstance(cell, (str, bool, int)):
        return cell
    if isinstance(cell, float):
        return None if math.isnan(cell) else cell
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    if isinstance(cell, decimal.Decimal):
        return _number(cell)
    if isinstance(cell, (bytes, bytearray, memoryview)):
        return base64.b64encode(cell).decode("ascii")
    if hasattr(cell, "tolist"):
        # A list of numbers, as NumPy has it.
        cell = cell.tolist()
    if isinstance(cell, uuid.UUID):
        return str(cell)
    if depth < _DEEPEST and isinstance(cell, Mapping):
        return {key: json_value(value, depth + 1) for key, value in cell.items()}
    if depth < _DEEPEST and isinstance(cell, (list, tuple)):
        return [json_value(value, depth + 1) for value in cell]
    return cell


def _number(cell: decimal.Decimal) -> object:
    if cell.is_nan():
        return None
    if cell.is_finite() and cell == cell.to_integral_value() and cell.as_tuple().exponent == 0:
        return int(cell)
    number = float(cell)
    return number if decimal.Decimal(repr(number)) == cell else str(cell)
