"""What a search missed, by comparison with the search that looks at every vector."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pixie.items import Hit


@dataclass(frozen=True, slots=True)
class RecallCheck:
    """How one search compares with the exact one for the same page.

    Attributes
    ----------
    recall
        Share of the true hits that were found, in [0, 1]; 1 when there are none.
    k
        How many hits were asked for.
    correct
        For each hit, in their order, whether it is a true one, or scores the same as one.
    missed
        The true hits that were not found, best first.
    """

    recall: float
    k: int
    correct: tuple[bool, ...]
    missed: tuple[Hit, ...]

    @classmethod
    def of(cls, hits: Sequence[Hit], true: Sequence[Hit], k: int) -> RecallCheck:
        """The comparison of the hits of one page of up to `k` with the true hits of that page."""
        scores = {hit.score for hit in true}
        ids = {hit.id for hit in true}
        found = {hit.id for hit in hits}
        # Of hits that score the same, any may stand for another.
        spare = Counter(hit.score for hit in hits if hit.id not in ids)
        missed = []
        for hit in true:
            if hit.id in found:
                continue
            if spare[hit.score]:
                spare[hit.score] -= 1
            else:
                missed.append(hit)
        return cls(
            recall=1 - len(missed) / len(true) if true else 1.0,
            k=k,
            correct=tuple(hit.id in ids or hit.score in scores for hit in hits),
            missed=tuple(missed),
        )

    def to_json(self) -> dict[str, Any]:
        """The check's JSON object."""
        return {
            "recall": self.recall,
            "k": self.k,
            "correct": list(self.correct),
            "missed": [hit.to_json() for hit in self.missed],
        }
