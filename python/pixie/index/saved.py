"""An index on disk: what of it is written, and how it is put together again."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import CollectionError, InvalidInputError
from pixie.index import arrays, checks
from pixie.index.kinds import KINDS
from pixie.index.rows import Rows

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from pixie.index.base import Index

_OWN = ("vectors", "numbers", "alive")
_NATIVE = ("faiss",)
"""Arrays that a library reads which ends the process where they are damaged."""

_SAMPLED_ROWS = 64


def save(index: Index, folder: str | Path, *, vectors: bool) -> None:
    """Write `index`; see `Index.save`."""
    rows, structure = index._state
    structure = index._to_save(rows, structure)
    parts: dict[str, Any] = {"numbers": rows.numbers, "alive": rows.alive, **index._arrays(structure)}
    about = {
        "kind": index.kind,
        "dim": index.dim,
        "rows": len(rows),
        "settings": index.settings.as_dict(),
        "tuned": index.tuned,
        "facts": index.stats(),
        "vectors": vectors,
    }
    if vectors:
        parts["vectors"] = [rows.vectors.empty, *(part.values for part in rows.vectors.parts)]
    else:
        if not np.array_equal(rows.numbers, np.arange(len(rows))):
            raise InvalidInputError(
                "this index can't be saved without its vectors: its rows are not numbered 0, 1, 2, ...",
                fix="save it with its vectors",
            )
        about["sample"] = _sample(rows.take(_sampled(len(rows))))
    arrays.write(folder, about, parts)


def load(folder: str | Path, vectors: npt.NDArray[np.float32] | None, kind: str | None) -> Index:
    """Open an index; see `Index.load`. Any kind when `kind` is None."""
    about, parts = arrays.read(folder, _NATIVE)
    try:
        made = KINDS[about["kind"]]
        dim, count = checks.dimension(about["dim"]), int(about["rows"])
        settings = made.settings_type.of(about["settings"])
        tuned = settings.checked_tuning(about.get("tuned", {}))
        within = bool(about["vectors"])
    except (AttributeError, KeyError, TypeError, ValueError, InvalidInputError) as error:
        raise arrays.damaged(folder, f"its header describes no index this Pixie knows ({error})") from error
    if kind is not None and about["kind"] != kind:
        raise InvalidInputError(
            f"the index in {folder} is of the kind {about['kind']}, not {kind}", fix="open it with load_index"
        )
    if not within:
        parts["vectors"] = _given(folder, vectors, dim, count, about.get("sample"))
    index = made(dim, settings)
    index.tuned = tuned
    try:
        if parts["vectors"].shape != (count, dim) or parts["vectors"].dtype != np.float32:
            raise ValueError(f"vectors of the shape {parts['vectors'].shape}")
        if parts["numbers"].shape != (count,) or parts["alive"].shape != (count,):
            raise ValueError("as many row numbers as vectors are needed")
        rows = Rows.of(parts["vectors"], parts["numbers"], parts["alive"])
        structure = {name: array for name, array in parts.items() if name not in _OWN}
        index._state = index._state._replace(rows=rows, structure=index._restored(structure, rows))
    except (KeyError, TypeError, ValueError) as error:
        raise arrays.damaged(folder, f"its arrays do not fit together ({error})") from error
    return index


def _given(
    folder: str | Path, vectors: npt.NDArray[np.float32] | None, dim: int, count: int, sample: int | None
) -> npt.NDArray[np.float32]:
    if vectors is None:
        raise InvalidInputError(
            f"the index in {folder} was saved without its vectors",
            fix="give the matrix they are in",
            item="vectors",
        )
    matrix = checks.matrix(vectors, dim, "vectors")[:count]
    if len(matrix) < count or _sample(matrix[_sampled(count)]) != sample:
        raise CollectionError(
            f"the index in {folder} was made for other vectors",
            fix="delete that folder; the index is made again from the vectors",
            item=str(folder),
            code="damaged",
        )
    return matrix


def _sampled(count: int) -> npt.NDArray[np.int64]:
    """Some rows from the first to the last, by which a matrix is known again without reading all of it."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, _SAMPLED_ROWS)).astype(np.int64))


def _sample(vectors: npt.NDArray[np.float32]) -> int:
    return zlib.crc32(np.ascontiguousarray(vectors).tobytes())
