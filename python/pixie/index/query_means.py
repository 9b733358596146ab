"""The means of the queries of each modality, learnt from those that are seen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Sum = npt.NDArray[np.float64]

LEARNT_FROM = 16
"""Queries of a modality whose mean is taken for that of all: with 16, a head alone ranks as it does with 500,
to 0.003 of recall."""


class QueryMeans:
    """Counts and sums of queries by modality, each until enough were seen. Safe to use from any thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: dict[str, tuple[int, Sum]] = {}
        self._here: dict[str, int] = {}

    def see(self, modality: str, queries: npt.NDArray[np.float32]) -> bool:
        """Take queries, float32 (q, dim), in; whether there were enough of this modality here alone.

        Taking up a mean reads every row, which does not pay for one query of a process that then ends.
        """
        if self._here.get(modality, 0) >= LEARNT_FROM:
            return True
        with self._guard:
            self._here[modality] = self._here.get(modality, 0) + len(queries)
            seen, total = self._seen.get(modality, (0, None))
            if seen < LEARNT_FROM:
                fresh = queries.sum(axis=0, dtype=np.float64)
                self._seen[modality] = (seen + len(queries), fresh if total is None else total + fresh)
            return self._here[modality] >= LEARNT_FROM

    def known(self) -> dict[str, npt.NDArray[np.float32]]:
        """The means that are known, float32 (dim,), by modality."""
        with self._guard:
            return {
                name: (total / seen).astype(np.float32)
                for name, (seen, total) in self._seen.items()
                if seen >= LEARNT_FROM
            }

    def sums(self) -> dict[str, tuple[int, Sum]]:
        """How many queries of each modality were counted, and their sum, float64 (dim,)."""
        with self._guard:
            return dict(self._seen)

    def take(self, sums: Mapping[str, tuple[int, Sum]]) -> None:
        """Go on from what `sums` gave earlier, where that counts more queries than were seen here."""
        with self._guard:
            for name, (seen, total) in sums.items():
                # The sum of so many unit vectors; what is longer, or no number, is none.
                sound = float(np.linalg.norm(total)) <= 1.01 * seen
                if sound and seen > self._seen.get(name, (0, total))[0]:
                    self._seen[name] = (seen, total)
