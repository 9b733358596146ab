"""One run of bench/ann: what was asked for, the vectors and queries, and where results go."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ann_measure import draw_queries, tune
from ann_pixie import LEARNT_FROM
from clip_like import ClipLike

if TYPE_CHECKING:
    from pathlib import Path

    from ann_collection import OnDisk
    from ann_measure import Point, Queries
    from ann_method import Method, Vectors


@dataclass
class Run:
    """Options of the command line, and what all sections need, made when the first asks for it.

    ``peers`` holds beginnings of names, None for all. ``about`` says what the figures were measured on.
    ``tried`` holds what settings of a method, by its name, reached for a kind of the tuning queries.
    """

    rows: int
    queries: int
    rounds: int
    seed: int
    kinds: list[str]
    peers: list[str] | None
    out: Path
    about: dict[str, Any]
    sections: dict[str, Any] = field(default_factory=dict)
    tried: dict[tuple[str, str], list[Point]] = field(default_factory=dict)

    @property
    def approximate(self) -> list[str]:
        """The kinds whose own time and memory matter: an exact one has none but those of its rows."""
        return [kind for kind in self.kinds if kind != "exact"]

    @cached_property
    def data(self) -> ClipLike:
        """The distribution of all that is drawn."""
        return ClipLike(self.seed)

    @cached_property
    def vectors(self) -> Vectors:
        """The rows."""
        return self.data.stream("rows").pictures(self.rows)

    @cached_property
    def learnt_from(self) -> dict[str, Vectors]:
        """Queries by modality that Pixie sees before anything counts."""
        data = self.data.stream("learnt from")
        return {"text": data.texts(LEARNT_FROM), "image": data.pictures(LEARNT_FROM)}

    @cached_property
    def tuning(self) -> dict[str, Queries]:
        """Queries for choosing settings, which count for nothing else."""
        return draw_queries(self.data.stream("tuning"), self.vectors, self.queries)

    def tuned(self, method: Method, kind: str) -> list[Point]:
        """What the settings of a built method reach with the tuning queries of a kind; tried once a run."""
        key = method.name, kind
        if key not in self.tried:
            self.tried[key] = tune(method, self.tuning[kind])
        return self.tried[key]

    @cached_property
    def disk(self) -> OnDisk:
        """A collection of the rows."""
        from ann_collection import OnDisk

        return OnDisk(self)

    def write(self, section: str, result: Any) -> None:
        """Write down what a section found so far, beside what others did."""
        self.sections[section] = result
        self.out.mkdir(parents=True, exist_ok=True)
        whole = {**self.about, "rows": self.rows, "queries": self.queries, **self.sections}
        (self.out / "ann.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
