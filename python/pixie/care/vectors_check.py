"""Whether vectors.f32 is long enough, and every committed row a finite vector of length 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixie.disk import disk_errors
from pixie.upsert import NORM_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from pixie.care.findings import Findings

    Floats = npt.NDArray[np.float32]

_CHUNK_BYTES = 64 << 20


def rows_a_chunk(dimension: int) -> int:
    """Rows that are read at once."""
    return max(1, _CHUNK_BYTES // (4 * dimension))


def chunks(path: Path, dimension: int, rows: int) -> Iterator[tuple[int, Floats]]:
    """The first `rows` rows, as far as the file goes, some at a time, each time with the first one's number.

    They are read and not mapped: a file that is cut short meanwhile is an end, and no crash.
    """
    step = rows_a_chunk(dimension)
    with disk_errors(path), path.open("rb") as file:
        for first in range(0, rows, step):
            found = np.fromfile(file, "<f4", min(step, rows - first) * dimension)
            whole = found[: len(found) // dimension * dimension].reshape(-1, dimension)
            yield first, whole
            if len(whole) < min(step, rows - first):
                return


def wrong_rows(vectors: Floats) -> npt.NDArray[np.int64]:
    """Which of some rows are no finite vectors of length 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        return np.flatnonzero(~(np.abs(norms - 1.0) <= NORM_TOLERANCE))


def check_length(path: Path, dimension: int, rows: int, findings: Findings) -> bool:
    """Whether the file holds all of `rows` rows."""
    if rows and not path.is_file():
        findings.add("vectors_missing", f"{path.name} is missing, with {rows} rows")
        return False
    size = path.stat().st_size if rows else 0
    missing = rows - size // (4 * dimension)
    if missing > 0:
        findings.add("vectors_short", f"{path.name} lacks the last {missing} of its {rows} rows")
    return missing <= 0


def check_vectors(first: int, vectors: Floats, findings: Findings) -> None:
    """That some rows, the first of which is row `first`, are unit vectors."""
    for place in wrong_rows(vectors):
        row = first + int(place)
        if np.isfinite(vectors[place]).all():
            norm = float(np.linalg.norm(vectors[place].astype(np.float64)))
            findings.add("vector_not_unit", f"row {row} has the length {norm:.6g} instead of 1", row=row)
        else:
            findings.add("vector_not_finite", f"row {row} holds NaN or infinity", row=row)
