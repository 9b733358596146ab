"""What every index refuses, whatever its kind: one place, one wording."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy.typing as npt

NORM_TOLERANCE = 1e-3
"""How far from 1 the norm of a unit row may be: float16 storage moves it by at most 5e-4."""

MAX_K = 1 << 24
"""Largest ``k``: the answer of one query then takes 200 MB, and no page of results needs more."""

MODALITIES = ("image", "text")

_BLOCK_ROWS = 16384


def matrix(vectors: Any, dim: int, what: str) -> npt.NDArray[np.float32]:
    """`vectors` as a C-contiguous float32 matrix of `dim` columns, copied only when it is not one already."""
    if isinstance(vectors, np.memmap):
        # Converting would read the whole file into memory, the one thing a mapped matrix is there to avoid.
        if vectors.dtype != np.float32 or not vectors.flags.c_contiguous:
            raise InvalidInputError(
                f"a memory-mapped matrix must be C-contiguous float32, not {vectors.dtype}", item=what
            )
        found: npt.NDArray[np.float32] = vectors
    else:
        try:
            found = np.ascontiguousarray(vectors, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InvalidInputError(f"the {what} are no matrix of numbers: {error}", item=what) from error
    if np.ndim(vectors) != 2 or found.shape[1] != dim:
        raise InvalidInputError(
            f"the {what} have the shape {np.shape(vectors)}, this index takes (n, {dim})",
            fix="one vector a row, all of the collection's model",
            item=what,
        )
    return found


def unit_rows(
    vectors: npt.NDArray[np.float32], what: str, numbers: npt.NDArray[np.int64] | None = None
) -> None:
    """Refuse the first row that is not a finite vector of norm 1.

    Parameters
    ----------
    vectors
        Matrix of float32 rows, read a block at a time.
    what
        The argument's name, for the message.
    numbers
        Row numbers to name rows by; their positions when None.
    """
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = np.asarray(vectors[start : start + _BLOCK_ROWS])
        # A square that overflows float32 is infinite, and so refused like the infinite values it stands
        # beside.
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.einsum("ij,ij->i", block, block)
            wrong = np.flatnonzero(~(np.abs(np.sqrt(squares) - 1.0) <= NORM_TOLERANCE))
        if wrong.size:
            position = start + int(wrong[0])
            row = position if numbers is None else int(numbers[position])
            raise InvalidInputError(
                f"row {row} of the {what} {_fault(block[wrong[0]])}",
                fix="give finite vectors of norm 1, divided by their norm",
                item=str(row),
            )


def _fault(vector: npt.NDArray[np.float32]) -> str:
    if np.isnan(vector).any():
        return "holds NaN"
    if np.isinf(vector).any():
        return "holds an infinite value"
    norm = math.sqrt(float(np.square(vector, dtype=np.float64).sum()))
    return "is all zeros" if norm == 0.0 else f"has the norm {norm:.6g} instead of 1"


def row_numbers(rows: Any, count: int | None = None) -> npt.NDArray[np.int64]:
    """`rows` as an int64 vector of distinct row numbers, `count` of them when that is given."""
    found = np.asarray(rows)
    if found.size == 0:
        found = found.astype(np.int64)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise InvalidInputError(f"rows must be a vector of whole numbers, not {found.dtype} {found.shape}")
    if count is not None and len(found) != count:
        raise InvalidInputError(
            f"{len(found)} row numbers for {count} vectors", fix="give one number a vector"
        )
    if found.size and (int(found.min()) < 0 or int(found.max()) > np.iinfo(np.int64).max):
        raise InvalidInputError(f"row {found.min()} is negative", item=str(found.min()))
    numbers = found.astype(np.int64)
    if count is not None and len(numbers) > 1:
        ordered = numbers if bool(np.all(numbers[1:] > numbers[:-1])) else np.sort(numbers)
        twice = np.flatnonzero(ordered[1:] == ordered[:-1])
        if twice.size:
            row = int(ordered[twice[0]])
            raise InvalidInputError(f"row {row} is given twice", item=str(row))
    return numbers


def limit(k: SupportsIndex) -> int:
    """`k` as an int from 1 to `MAX_K`."""
    try:
        wanted = -1 if isinstance(k, bool) else operator.index(k)
    except TypeError:
        wanted = -1
    if not 1 <= wanted <= MAX_K:
        raise InvalidInputError(f"k is {k!r}, it must be a whole number from 1 to {MAX_K}", item="k")
    return wanted


def modality(name: str | None) -> None:
    """Refuse a modality that is neither None nor one of `MODALITIES`."""
    if name is not None and name not in MODALITIES:
        raise InvalidInputError(f"modality is {name!r}, it must be image, text or None", item="modality")


def allowed(allow: Any) -> npt.NDArray[np.bool_] | None:
    """`allow` as a vector of booleans over row numbers, or None for all rows."""
    if allow is None:
        return None
    found = np.asarray(allow)
    if found.ndim != 1 or found.dtype != np.bool_:
        raise InvalidInputError(
            f"allow must be a vector of booleans over rows, not {found.dtype} {found.shape}", item="allow"
        )
    return found


def dimension(dim: Any) -> int:
    """`dim` as a positive int."""
    if isinstance(dim, bool) or not isinstance(dim, (int, np.integer)) or not 1 <= dim <= 65536:
        raise InvalidInputError(f"dim is {dim!r}, it must be a whole number from 1 to 65536", item="dim")
    return int(dim)
