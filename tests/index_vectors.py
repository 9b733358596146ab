"""Seeded vectors shaped like CLIP's, for the index tests.

Pictures lie around a mean of norm 0.7 and spread unevenly: topics, a mixture of two for each picture, and
noise of its own, all with a power-law spectrum, so that a few directions hold most of the variance. Texts lie
around another mean (the modality gap) and share only a third of their spread with the picture they describe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def random_rows(count: int, dim: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return unit(np.random.default_rng(seed).standard_normal((count, dim)))


class ClipVectors:
    def __init__(self, dim: int, seed: int, topics: int = 200) -> None:
        self.random = np.random.default_rng(seed)
        self.dim = dim
        spread = (np.arange(dim) + 6.0) ** -0.75
        self.spread = spread / np.linalg.norm(spread)
        self.topics = self._noise(topics)
        self.picture_mean = 0.7 * unit(self.random.standard_normal(dim))
        self.text_mean = 0.7 * unit(0.35 * self.picture_mean / 0.7 + unit(self.random.standard_normal(dim)))

    def pictures(self, count: int) -> npt.NDArray[np.float32]:
        return unit(self.picture_mean + 0.7 * self._content(count))

    def near_duplicates(self, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Each picture again, re-encoded: cosine about 0.98 to its original."""
        return unit(pictures + 0.2 * self._noise(len(pictures)))

    def texts(self, count: int) -> npt.NDArray[np.float32]:
        return unit(self.text_mean + 0.7 * (0.36 * self._content(count) + 0.93 * self._noise(count)))

    def _noise(self, count: int) -> npt.NDArray[np.float64]:
        return self.random.standard_normal((count, self.dim)) * self.spread

    def _content(self, count: int) -> npt.NDArray[np.float64]:
        first, second = self.random.integers(0, len(self.topics), (2, count))
        share = self.random.beta(2, 2, (count, 1))
        mixed = share * self.topics[first] + (1 - share) * self.topics[second]
        return 0.8 * mixed + 0.6 * self._noise(count)


def brute_force(
    vectors: npt.NDArray[np.float32],
    numbers: npt.NDArray[np.int64],
    queries: npt.NDArray[np.float32],
    k: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The definition, in float64 and with a full sort."""
    cosines = np.clip(queries.astype(np.float64) @ vectors.astype(np.float64).T, -1, 1).astype(np.float32)
    rows = np.full((len(queries), k), -1, np.int64)
    scores = np.full((len(queries), k), -np.inf, np.float32)
    for query, row_scores in enumerate(cosines):
        order = np.lexsort((numbers, -row_scores))[:k]
        rows[query, : len(order)] = numbers[order]
        scores[query, : len(order)] = row_scores[order]
    return rows, scores
