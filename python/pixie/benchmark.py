"""Recall against speed of every kind of index on a collection's own vectors and queries."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie import cpu
from pixie.clock import now
from pixie.errors import InvalidInputError, SetupError
from pixie.index import checks
from pixie.index.measuring import SCAN, Sample, Speed, mean_recall, speed
from pixie.index.recall import recalls
from pixie.reports import Warning  # noqa: A004
from pixie.sampling import built, kinds_wanted, sampled_queries, settings_for
from pixie.steps import Step
from pixie.tuning import query_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from pixie.index.base import Index
    from pixie.items import Modality
    from pixie.steps import Steps
    from pixie.store import Store

    Floats = npt.NDArray[np.float32]

_ROUNDS = 3
"""Times that each setting is timed, in turn with all others; the best time counts."""

_EVERY = 2
"""Of each ladder of settings every second value is measured."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one kind gives with one set of settings: recall@k, queries a second, milliseconds of one alone.

    ``best`` says that no other settings of the kind are at once faster and no worse for these queries.
    """

    modality: str
    settings: dict[str, int]
    recall: float
    queries_per_second: float
    milliseconds: float
    best: bool = False


@dataclass(frozen=True, slots=True)
class KindBench:
    """One kind: its settings, how it looks, what it takes to build and keep, and its points.

    ``bytes_per_vector`` comes on top of the float32 numbers.
    """

    kind: str
    settings: dict[str, Any]
    search: str
    build_seconds: float
    bytes_per_vector: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class BenchReport:
    """Recall and speed of kinds of index on one collection.

    Attributes
    ----------
    name, vectors, dimension, k
        The collection, how many vectors of what length it has, and the k of recall@k.
    queries
        How many queries of each modality were measured with.
    cpu, created
        The processor it was measured on, and when.
    kinds
        What each kind gives.
    files
        Paths of the files that were written: ``png``, ``svg`` and ``json``; empty where none were.
    warnings
        ``few_queries`` when there was nothing to measure with.
    """

    name: str
    vectors: int
    dimension: int
    k: int
    queries: dict[str, int]
    cpu: str
    created: str
    kinds: tuple[KindBench, ...]
    files: dict[str, str]
    warnings: tuple[Warning, ...]

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return asdict(self)


@dataclass(slots=True)
class _Run:
    """One point that is being timed."""

    index: Index
    sample: Sample
    settings: dict[str, int]
    recall: float
    best: Speed | None = None

    def again(self) -> None:
        self.best = speed(self.index, self.sample, self.settings).best(self.best)

    def point(self) -> Point:
        assert self.best is not None
        return Point(
            self.sample.modality,
            self.settings,
            self.recall,
            self.best.queries_per_second,
            self.best.milliseconds,
        )


def bench_collection(
    store: Store,
    name: str,
    settings: Mapping[str, Any],
    kinds: Iterable[str] | None,
    k: int,
    queries: int,
    logged: Mapping[Modality, Floats],
    out: Path | None,
) -> Steps[BenchReport]:
    """Measure kinds of index on a collection's vectors and logged queries; changes nothing.

    Parameters
    ----------
    store, name, settings
        The collection's vectors, its name, and the settings of its index.
    kinds
        Kinds to measure; None for all. Each is built in memory, and all are held there at once.
    k
        The k of recall@k, 1 or more.
    queries
        How many rows are drawn of a modality, and how many of its logged queries are taken.
    logged
        Logged queries by modality, unit rows, newest first.
    out
        A folder for ``bench.png``, ``bench.svg`` and ``bench.json``, made when missing; None for no files.

    Raises
    ------
    InvalidInputError
        A number is out of its range, there is no such kind, or `out` can't be written.
    SetupError
        Files are wanted, and there is no matplotlib to draw them.
    """
    k, wanted, queries = checks.limit(k), kinds_wanted(kinds), query_count(queries)
    if out is not None:
        _prepare(out)
    own = str(settings["kind"])
    total = 2 * len(wanted) + _ROUNDS + 1
    yield Step("drawing queries", 0, total)
    asked = sampled_queries(store, queries, logged)
    samples: list[Sample] = []
    about: list[KindBench] = []
    runs: list[list[_Run]] = []
    for number, kind in enumerate(wanted):
        yield Step(f"building {kind}", 1 + 2 * number, total)
        used = settings_for(kind, own, settings)
        index, seconds = built(store, kind, used)
        yield Step(f"measuring {kind}", 2 + 2 * number, total)
        samples = samples or [Sample.of(index, modality, some, k) for modality, some in asked.items()]
        runs.append([run for sample in samples for run in _runs(index, sample)])
        search = samples[0].way(index) if samples else SCAN
        size = index.stats()["bytes"]["index"] / max(len(index), 1)
        about.append(KindBench(kind, used, search, seconds, size, ()))
    for turn in range(_ROUNDS):
        yield Step(f"timing, round {turn + 1} of {_ROUNDS}", 1 + 2 * len(wanted) + turn, total)
        for run in itertools.chain.from_iterable(runs):
            run.again()
    report = BenchReport(
        name=name,
        vectors=store.state().rows - len(store.changes(-1).removed),
        dimension=store.dimension,
        k=k,
        queries={sample.modality: len(sample.queries) for sample in samples},
        cpu=cpu.identity().rpartition(" ")[0],
        created=now(),
        kinds=tuple(
            replace(kind, points=_with_best([run.point() for run in timed]))
            for kind, timed in zip(about, runs, strict=True)
        ),
        files={},
        warnings=()
        if samples
        else (Warning("few_queries", "there are no vectors and no logged queries to measure with"),),
    )
    return report if out is None else write_files(report, out)


def write_files(report: BenchReport, out: Path) -> BenchReport:
    """Write the curves and the report into a folder; gives the report with the files' paths."""
    from pixie import chart

    files = {kind: out / f"bench.{kind}" for kind in ("png", "svg", "json")}
    report = replace(report, files={kind: str(file) for kind, file in files.items()})
    figure = chart.drawn(report)
    for kind in ("png", "svg"):
        content = BytesIO()
        figure.savefig(content, format=kind)
        _write(files[kind], content.getvalue())
    _write(files["json"], (json.dumps(report.to_json(), indent=2) + "\n").encode("ascii"))
    return report


def _prepare(out: Path) -> None:
    """Refuse what would fail only after minutes of measuring."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise SetupError(
            f"the curves can't be drawn: {error}", fix="run: pixie setup, or ask for no files"
        ) from error
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise _unwritable(out, error) from error


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(path: Path, error: OSError) -> InvalidInputError:
    return InvalidInputError(
        f"{path} can't be written: {error.strerror or error}", fix="name another folder", item=str(path)
    )


def _runs(index: Index, sample: Sample) -> Iterator[_Run]:
    """One run for each set of settings worth timing, the cheapest first."""
    # The first search that says its modality may teach the index a mean, which changes what follows.
    present = mean_recall(sample.recalls(index, {}))
    ladders = {} if sample.way(index) == SCAN else index.settings.ladders(len(index))
    if not ladders:
        yield _Run(index, sample, {}, present)
        return
    finely, *coarsely = ladders
    for values in itertools.product(*(ladders[name][::_EVERY] for name in coarsely)):
        before = None
        for value in ladders[finely][::_EVERY]:
            settings = {finely: value, **dict(zip(coarsely, values, strict=True))}
            found = sample.found(index, settings)
            if before is not None and np.array_equal(found, before):
                # There is no more to look at.
                break
            before = found
            yield _Run(index, sample, settings, mean_recall(recalls(found, sample.true)))


def _with_best(points: list[Point]) -> tuple[Point, ...]:
    def beaten(point: Point, by: Point) -> bool:
        as_good = by.recall >= point.recall and by.queries_per_second >= point.queries_per_second
        better = by.recall > point.recall or by.queries_per_second > point.queries_per_second
        return by.modality == point.modality and as_good and better

    return tuple(replace(point, best=not any(beaten(point, by) for by in points)) for point in points)
