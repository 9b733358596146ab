"""Tuning a collection: what each kind of index gives on its own vectors and queries, and what is set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.index import checks
from pixie.index.measuring import SCAN, Queries, Sample
from pixie.index.tuning import FEWEST_QUERIES, TuningResult, chosen, tune, tuned_by, wanted_recall
from pixie.reports import Warning  # noqa: A004
from pixie.sampling import built, kinds_wanted, sampled_queries, settings_for
from pixie.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.live_index import LiveIndex
    from pixie.steps import Steps
    from pixie.store import Store

    Floats = npt.NDArray[np.float32]

QUERIES = 200
"""Queries of each sort: half of them choose the settings, half of them measure recall, to .01 at .95."""

MOST_QUERIES = 10_000

_QUERIES_AFTER_BUILD = 24
"""Rows of a modality that the settings of a new index are chosen on. At 200,000 rows that adds a fifth to the
time that `lsh` takes to fit, and a tenth to that of `kmeans`."""

_RECALL = 0.95
_K = 10


@dataclass(frozen=True, slots=True)
class KindTuning:
    """What one kind gives: how long it took to build, and what the queries of each modality get.

    ``build_seconds`` is None for the collection's own index, which was there.
    """

    kind: str
    build_seconds: float | None
    results: tuple[TuningResult, ...]

    def to_json(self) -> dict[str, Any]:
        """The kind's JSON object."""
        return {
            "kind": self.kind,
            "build_seconds": self.build_seconds,
            "results": [result.to_json() for result in self.results],
        }


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What tuning found, and what it set.

    Attributes
    ----------
    kind
        The collection's kind of index, the only one whose settings are set.
    vectors
        How many vectors the collection has.
    recall, k
        The recall@k that was wanted.
    tuned
        The settings by modality (``image``, ``text``, ``any``) that searches have from now on; None where
        nothing was set.
    kinds
        What each kind gives.
    warnings
        What is to be known of the numbers: ``exact_scan``, ``few_queries``, ``recall_not_reached``,
        ``nothing_to_tune``.
    """

    kind: str
    vectors: int
    recall: float
    k: int
    tuned: dict[str, dict[str, int]] | None
    kinds: tuple[KindTuning, ...]
    warnings: tuple[Warning, ...]

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return {
            **{name: getattr(self, name) for name in ("kind", "vectors", "recall", "k", "tuned")},
            "kinds": [kind.to_json() for kind in self.kinds],
            "warnings": [asdict(warning) for warning in self.warnings],
        }


def tune_collection(
    store: Store,
    live: LiveIndex,
    settings: Mapping[str, Any],
    recall: float,
    k: int,
    kinds: Iterable[str] | None,
    queries: int,
    logged: Mapping[Modality, Floats],
) -> Steps[TuneReport]:
    """Measure kinds of index on a collection's vectors and logged queries; sets nothing itself.

    Parameters
    ----------
    store, live, settings
        The collection's vectors, its own index, and that index's settings.
    recall, k
        The recall@k wanted.
    kinds
        Kinds to measure; None for all. The own index is measured as it is, others are built in memory.
    queries
        How many rows are drawn of a modality, and how many of its logged queries are taken.
    logged
        Logged queries by modality, unit rows, newest first.

    Raises
    ------
    InvalidInputError
        A number is out of its range, or there is no such kind.
    """
    recall, k, wanted = wanted_recall(recall), checks.limit(k), kinds_wanted(kinds)
    queries = query_count(queries)
    own = str(settings["kind"])
    steps = [
        (kind, what)
        for kind in wanted
        for what in ("building", "tuning")
        if (kind, what) != (own, "building")
    ]
    total = len(steps) + 1
    yield Step("drawing queries", 0, total)
    asked = sampled_queries(store, queries, logged)
    index, seconds = live.current(), None
    found = []
    for done, (kind, what) in enumerate(steps, start=1):
        yield Step(f"{what} {kind}", done, total)
        if what == "building":
            index, seconds = built(store, kind, settings_for(kind, own, settings))
            continue
        if kind == own:
            index, seconds = live.current(), None
        found.append(KindTuning(kind, seconds, tuple(tune(index, asked, recall, k))))
    results = next((each.results for each in found if each.kind == own), ())
    tuned = tuned_by({result.modality: result.settings for result in results}, settings.get("tuned", {}))
    chose = any(result.settings for result in results)
    return TuneReport(
        kind=own,
        vectors=len(live.current()),
        recall=recall,
        k=k,
        tuned=tuned if chose else None,
        kinds=tuple(found),
        warnings=tuple(_warnings(own, live.current(), asked, found, recall)),
    )


def tune_after_build(store: Store, index: Index, logged: Mapping[Modality, Floats]) -> None:
    """Set `Index.tuned` of an index that was just built, so that recall@10 is .95 on these vectors.

    The settings are chosen on a few rows of each modality, and on the logged queries of modalities of which
    there are enough; nothing is held back to measure what they give. An index that scans every row, and
    modalities with fewer queries than `FEWEST_QUERIES`, are left as they are.
    """
    if not index.settings.ladders(len(index)):
        return
    found = {}
    for modality, queries in sampled_queries(store, _QUERIES_AFTER_BUILD, logged).items():
        if len(queries) >= FEWEST_QUERIES:
            found[modality] = first_choice(index, modality, queries)
    index.tuned = tuned_by(found, {})


def first_choice(index: Index, modality: str, queries: Queries) -> dict[str, int]:
    """Settings for queries of one modality chosen on few of them; empty when every row is scanned."""
    sample = Sample.of(index, modality, queries, _K)
    if sample.way(index) == SCAN:
        return {}
    return chosen(index, sample, _RECALL)


def query_count(queries: int) -> int:
    """`queries` as a whole number from 1 to `MOST_QUERIES`."""
    if isinstance(queries, bool) or not isinstance(queries, int) or not 1 <= queries <= MOST_QUERIES:
        raise InvalidInputError(
            f"queries is {queries!r}, it must be a whole number from 1 to {MOST_QUERIES}", item="queries"
        )
    return queries


def _warnings(
    own: str, index: Index, asked: Mapping[str, Queries], found: list[KindTuning], recall: float
) -> Iterable[Warning]:
    if not asked:
        yield Warning("few_queries", "there are no vectors and no logged queries to measure with")
    for modality, queries in asked.items():
        if len(queries) < FEWEST_QUERIES:
            yield Warning(
                "few_queries",
                f"queries of modality {modality} to measure with: {len(queries)};"
                f" settings are chosen with {FEWEST_QUERIES} or more",
            )
    results = next((each.results for each in found if each.kind == own), None)
    if results is None:
        yield Warning("nothing_to_tune", f"the collection's kind {own} was not among those measured")
        return
    if results and all(result.search == SCAN for result in results):
        yield Warning(
            "exact_scan", f"{own} scans all {len(index):,} vectors exactly, so there is nothing to tune"
        )
    elif results and not index.settings.ladders(len(index)):
        names = ", ".join(sorted(index.settings.AT_SEARCH)) or "nothing"
        yield Warning("nothing_to_tune", f"{own} has no settings left to choose: fixed: {names}")
    for result in results:
        if not result.reached:
            yield Warning(
                "recall_not_reached",
                f"recall {recall:g} was not reached for queries of modality {result.modality}:"
                f" {result.recall:.3f} was measured with the best settings found",
            )
