"""Choosing the settings of a search: the fastest that reach a recall on sampled queries."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import InvalidInputError
from pixie.index import checks
from pixie.index.base import ANY
from pixie.index.measuring import (
    SCAN,
    Queries,
    Sample,
    Speed,
    batch_seconds,
    mean_recall,
    speed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pixie.index.base import Index

FEWEST_QUERIES = 16
"""Queries of a modality below which its settings are left as they are: the recall of eight of them, on which
they would be chosen, is off by .03 as often as not."""

_ROUNDS = 3
"""Times that each setting is timed, in turn with the others; the best time counts."""


@dataclass(frozen=True, slots=True)
class TuningResult:
    """What the queries of one modality get.

    Attributes
    ----------
    modality
        ``image`` or ``text``.
    settings
        The settings chosen; empty where there was nothing to choose.
    recall
        recall@k with these settings, on queries that they were not chosen on.
    queries_per_second
        When all queries are asked at once.
    milliseconds
        Median of a query asked alone.
    reached
        Whether `recall` is what was asked for, or more.
    queries
        How many queries that was measured on; as many others chose the settings.
    search
        How the index looked: ``exact scan``, ``layers``, ...
    """

    modality: str
    settings: dict[str, int]
    recall: float
    queries_per_second: float
    milliseconds: float
    reached: bool
    queries: int
    search: str

    def to_json(self) -> dict[str, Any]:
        """The result's JSON object."""
        return {
            "modality": self.modality,
            "queries": self.queries,
            "search": self.search,
            "settings": self.settings,
            "recall": self.recall,
            "reached": self.reached,
            "queries_per_second": self.queries_per_second,
            "milliseconds": self.milliseconds,
        }


def tune(
    index: Index, queries: Mapping[str, Queries], recall: float = 0.95, k: int = 10
) -> list[TuningResult]:
    """Find for each modality the fastest settings of a search that reach a recall; sets nothing.

    Every second query chooses the settings, the others measure what they give, so that what is reported is
    what queries to come can expect. Chosen are settings whose recall reaches the one wanted even when it is
    taken lower by its standard error; where none do, those of the highest recall.

    Parameters
    ----------
    index
        The index, of any kind; what is true is found by scanning all its rows.
    queries
        The queries of each modality, in random order. Below `FEWEST_QUERIES` of a modality the settings that
        are in force are measured, on all of them; modalities without queries are left out.
    recall
        The share of the true k nearest rows wanted, above 0 and up to 1.
    k
        How many rows a search returns, 1 or more.

    Raises
    ------
    InvalidInputError
        For a recall or a k out of its range.
    """
    recall, k = wanted_recall(recall), checks.limit(k)
    return [_result(index, Sample.of(index, name, some, k), recall) for name, some in queries.items() if some]


def tuned_by(
    settings_of: Mapping[str, dict[str, int]], before: Mapping[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """What `Index.tuned` becomes: settings by modality, and for queries that do not say the larger ones.

    Those get none unless both modalities are tuned, since they may be of the other. A modality for which
    nothing was found now keeps what it had before.
    """
    found = {**before, **{modality: settings for modality, settings in settings_of.items() if settings}}
    tuned = {modality: found[modality] for modality in checks.MODALITIES if modality in found}
    if set(checks.MODALITIES) <= set(tuned):
        names = sorted({name for settings in tuned.values() for name in settings})
        tuned[ANY] = {
            name: max(settings[name] for settings in tuned.values() if name in settings) for name in names
        }
    return tuned


def wanted_recall(recall: float) -> float:
    """`recall` as a float above 0 and up to 1."""
    known = isinstance(recall, (int, float, np.floating)) and not isinstance(recall, bool)
    if not known or not 0 < recall <= 1:
        raise InvalidInputError(
            f"recall is {recall!r}, it must be above 0 and at most 1", fix="give 0.95, for one", item="recall"
        )
    return float(recall)


def chosen(index: Index, sample: Sample, recall: float) -> dict[str, int]:
    """The fastest settings that reach `recall` on `sample`, or those that come nearest; see `tune`."""
    ladders = _telling(index, sample)
    if not ladders:
        return {}
    finely, *coarsely = ladders
    steps = ladders[finely]
    enough: list[tuple[int, dict[str, int]]] = []
    never: list[dict[str, int]] = []
    nearest: tuple[float, dict[str, int]] = (-1.0, {})

    def reaches(step: int, rest: dict[str, int]) -> bool:
        nonlocal nearest
        settings = {finely: steps[step], **rest}
        shares = sample.recalls(index, settings)
        mean = mean_recall(shares)
        if mean > nearest[0]:
            nearest = mean, settings
        return mean - _standard_error(shares) >= recall

    # From most to least work: less of one setting needs at least as much of the other, or can't do.
    for values in itertools.product(*(reversed(ladders[name]) for name in coarsely)):
        rest = dict(zip(coarsely, values, strict=True))
        if any(_at_most(rest, more) for more in never):
            continue
        known = [step for step, more in enough if _at_most(rest, more)]
        low = max(known, default=0)
        step = _first(partial(reaches, rest=rest), low, low if known else len(steps) // 2, len(steps) - 1)
        if step is None:
            never.append(rest)
        else:
            enough = [(other, more) for other, more in enough if other < step or not _at_most(rest, more)]
            enough.append((step, rest))
    if not enough:
        return nearest[1]
    return _fastest(index, sample, [{finely: steps[step], **rest} for step, rest in enough])


def _telling(index: Index, sample: Sample) -> dict[str, tuple[int, ...]]:
    """The ladders of settings on which it depends what is found.

    Another one would be chosen as low as can be, such as the buckets opened while all rows lie in one, and
    be too low when the index has grown.
    """
    ladders = index.settings.ladders(len(index))
    most = {name: values[-1] for name, values in ladders.items()}
    everything = sample.found(index, most)
    return {
        name: values
        for name, values in ladders.items()
        if not np.array_equal(sample.found(index, {**most, name: values[0]}), everything)
    }


def _first(reaches: Callable[[int], bool], low: int, guess: int, top: int) -> int | None:
    """The first step from `low` to `top` that does, sought upwards from `guess` in growing strides."""
    stride = 1
    while not reaches(guess):
        if guess == top:
            return None
        low, guess, stride = guess + 1, min(top, guess + stride), 2 * stride
    while low < guess:
        middle = (low + guess) // 2
        low, guess = (low, middle) if reaches(middle) else (middle + 1, guess)
    return guess


def _at_most(less: dict[str, int], more: dict[str, int]) -> bool:
    return all(less[name] <= more[name] for name in less)


def _fastest(index: Index, sample: Sample, finalists: list[dict[str, int]]) -> dict[str, int]:
    if len(finalists) == 1:
        return finalists[0]
    times = [[batch_seconds(index, sample, each) for each in finalists] for _ in range(_ROUNDS)]
    return finalists[int(np.argmin(np.min(times, axis=0)))]


def _result(index: Index, sample: Sample, recall: float) -> TuningResult:
    # The first search that says its modality may teach the index a mean, which changes what follows.
    sample.recalls(index, {})
    settings, others = {}, sample
    search = sample.way(index)
    if len(sample.queries) >= FEWEST_QUERIES and search != SCAN:
        settings, others = (
            chosen(index, sample.part(slice(0, None, 2)), recall),
            sample.part(slice(1, None, 2)),
        )
    share = mean_recall(others.recalls(index, settings))
    best: Speed | None = None
    for _ in range(_ROUNDS):
        best = speed(index, others, settings).best(best)
    assert best is not None
    return TuningResult(
        modality=sample.modality,
        settings=settings,
        recall=share,
        queries_per_second=best.queries_per_second,
        milliseconds=best.milliseconds,
        reached=share >= recall,
        queries=len(others.queries),
        search=search,
    )


def _standard_error(shares: Any) -> float:
    return float(shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else 0.0
