"""Pixie's kinds of index, for bench/ann."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ann_method import PIXIE, Method, geometric, settings
from clip_like import DIM

from pixie.index import Index, make_index

if TYPE_CHECKING:
    from ann_method import Ids, Setting, Vectors

LEARNT_FROM = 64
"""Pictures and texts that an index is asked for before anything counts, as it learns from the queries it
sees."""

_VALUES = {"probes": geometric(1, 1024), "candidates": [*geometric(24, 768), 1200, 2000]}

_TRIED_UP_TO = 4096
"""Highest value tried of a setting that is not named above."""


def compile_kernels() -> None:
    """Compile what the kinds need: that happens once for a machine, and is no part of building an index."""
    from pixie.index import compiling, search_kernel
    from pixie.index.fit_kernels import fit_kernels

    search_kernel.search_on(compiling.chosen_path())
    fit_kernels()


def fitted(kind: str, vectors: Vectors, learnt_from: dict[str, Vectors]) -> Index:
    """An index of a kind, at its default settings, that knows the means of the modalities."""
    index = make_index(kind, DIM)
    index.fit(vectors)
    for modality, queries in learnt_from.items():
        index.search(queries, 1, modality=modality)
    index.settle()
    return index


class PixieIndex(Method):
    """A kind of Pixie's index with its default settings."""

    group = PIXIE
    library = "pixie"

    def __init__(self, kind: str, learnt_from: dict[str, Vectors]) -> None:
        self.kind, self.name = kind, f"{PIXIE} {kind}"
        self.learnt_from = learnt_from

    def build(self, vectors: Vectors, threads: int) -> None:  # noqa: ARG002 - it knows the cores it may use
        self.index = fitted(self.kind, vectors, self.learnt_from)

    def grid(self) -> list[Setting]:
        known = self.index.settings_type
        values = {
            name: _VALUES.get(name)
            or geometric(known.RANGES[name][0], min(_TRIED_UP_TO, known.RANGES[name][1]), 1)
            for name in sorted(known.AT_SEARCH, reverse=True)
        }
        return [{}, *settings(**values)] if values else [{}]

    def search(self, queries: Vectors, k: int, setting: Setting) -> Ids:
        return self.index.search(queries, k, **setting)[0]

    def bytes_per_vector(self) -> float | None:
        return float(self.index.stats()["bytes"]["index"]) / len(self.index)
