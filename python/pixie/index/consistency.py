"""Whether a structure that was saved still says of its rows what the rows themselves say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixie.index.layers import Layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixie.index.base import Index

_CHUNK = 16_384

_SLACK = 1e-6
"""What rounding adds to half a step of the codes."""


def misfits(index: Index) -> Iterator[tuple[int, str]]:
    """What is wrong with an index: a row's number, and what is wrong with it.

    A layered index must have each of its rows in one place, and codes that give the row back to half a step
    of theirs. A graph or codes of faiss were compared with the rows as they were loaded.
    """
    rows, structure = index._state
    if not isinstance(structure, Layers):
        return
    places = structure.places[structure.places >= 0]
    held = np.bincount(places, minlength=len(rows))
    # Those from `listed` on are in the delta, which a saved index has not.
    for position in np.flatnonzero(held > 1):
        yield int(rows.numbers[position]), "stands in the index more than once"
    listed = np.arange(len(rows)) < structure.listed
    for position in np.flatnonzero(rows.alive & listed & (held == 0)):
        yield int(rows.numbers[position]), "stands in no bucket of the index"
    for start, part in structure.row_codes.chunks(_CHUNK):
        at = np.arange(start, start + len(part))
        scales = structure.row_scales.values[at][:, None]
        coded = part[:, : rows.dim].astype(np.float32) - 128
        error = np.abs(structure.codec.mean + scales * coded - rows.take(at))
        wrong = ~(error <= 0.5 * scales + _SLACK).all(axis=1)
        for position in at[wrong & rows.alive[at]]:
            yield int(rows.numbers[position]), "has other codes in the index than its vector gives"
