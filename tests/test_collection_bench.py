"""Recall against speed on a collection's own vectors: numbers, curves and files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from bridge_calls import call, error_of
from collection_fixtures import DIMENSION, make, put
from index_vectors import ClipVectors
from pixie.collection import Collection
from pixie.errors import InvalidInputError, SetupError
from pixie.holdings import Holdings
from pixie.index import layered
from pixie.records import Record

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ["exact", "lsh", "kmeans"]
SMALL = {"kind": "kmeans", "exact_below": 100, "flat_below": 1, "buckets": 30}


@pytest.fixture(autouse=True)
def layers_for_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "SCAN_ROWS", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make(tmp_path / "photos & $1", {"index": SMALL})
    clip = ClipVectors(DIMENSION, seed=3, topics=20)
    rows = np.concatenate([clip.pictures(500), clip.texts(50)])
    records = [Record(f"i-{row}", path=f"/{row}", vectors=(("image", row),)) for row in range(500)]
    records += [Record(f"t-{row}", text="t", vectors=(("text", row),)) for row in range(500, 550)]
    with Holdings(folder) as holdings:
        holdings.commit(records, rows)
        holdings.remove(["i-1", "t-501"])
    return folder


def test_each_kind_gets_a_curve(folder: Path, tmp_path: Path) -> None:
    before = (folder / "collection.json").read_bytes()
    steps: list[str] = []
    out = tmp_path / "new" / "bench"
    with Collection(Holdings(folder, read_only=True)) as photos:
        report = photos.bench(
            kinds=KINDS, k=5, queries=40, out=out, progress=lambda step: steps.append(step.name)
        )
        again = photos.bench(kinds=["exact"], k=5, queries=40, out=out)
    assert (report.vectors, report.dimension, report.k) == (548, DIMENSION, 5)
    assert report.queries == {"image": 40, "text": 40}
    assert [kind.kind for kind in report.kinds] == KINDS
    exact, lsh, kmeans = report.kinds
    assert [(point.modality, point.recall, point.settings) for point in exact.points] == [
        ("image", 1, {}),
        ("text", 1, {}),
    ]
    assert kmeans.settings == {name: value for name, value in SMALL.items() if name != "kind"}
    for kind in (lsh, kmeans):
        assert kind.search == "layers"
        assert kind.bytes_per_vector > exact.bytes_per_vector
        for modality in ("image", "text"):
            points = [point for point in kind.points if point.modality == modality]
            assert max(point.recall for point in points) == 1
            assert all(point.queries_per_second > 0 and point.milliseconds > 0 for point in points)
            best = sorted((point for point in points if point.best), key=lambda point: point.recall)
            assert best
            speeds = [point.queries_per_second for point in best]
            assert speeds == sorted(speeds, reverse=True)
            assert best[-1].recall == 1
    assert min(point.recall for point in kmeans.points) < 0.9
    assert steps[:3] == ["drawing queries", "building exact", "measuring exact"]
    assert steps[-1] == "timing, round 3 of 3"
    assert set(report.files) == {"png", "svg", "json"}
    assert json.loads((out / "bench.json").read_text()) == json.loads(json.dumps(again.to_json()))
    with Image.open(out / "bench.png") as image:
        assert image.width > image.height > 300
    svg = (out / "bench.svg").read_text()
    assert svg.startswith("<?xml")
    assert (folder / "collection.json").read_bytes() == before


def test_without_a_folder_nothing_is_drawn(folder: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from pixie.collection import Collection
from pixie.holdings import Holdings
with Collection(Holdings(Path({str(folder)!r}), read_only=True)) as photos:
    assert photos.bench(kinds=["exact"], queries=10).files == {{}}
assert "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_small_collections_can_be_measured(tmp_path: Path, count: int) -> None:
    folder = make(tmp_path / "few")
    with Collection(Holdings(folder)) as photos:
        if count:
            put(photos.holdings, *(f"item-{number}" for number in range(count)))
        report = photos.bench(kinds=KINDS, out=tmp_path / "out")
    assert [len(kind.points) for kind in report.kinds] == [min(count, 1)] * 3
    assert all(point.recall == 1 for kind in report.kinds for point in kind.points)
    assert [warning.code for warning in report.warnings] == ([] if count else ["few_queries"])
    assert (tmp_path / "out" / "bench.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"kinds": ["trees"]}, "no index kind 'trees'"),
        ({"k": 0}, "k is 0"),
        ({"queries": -1}, "queries is -1"),
        ({"queries": True}, "queries is True"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(folder: Path, arguments: dict[str, Any], says: str) -> None:
    with Collection(Holdings(folder)) as photos, pytest.raises(InvalidInputError, match=says):
        photos.bench(**arguments)


def test_a_folder_that_is_none_is_refused_before_anything_is_measured(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    steps: list[Any] = []
    with Collection(Holdings(folder)) as photos, pytest.raises(InvalidInputError, match="can't be written"):
        photos.bench(out=tmp_path / "file", progress=steps.append)
    assert steps == []


def test_without_matplotlib_a_setup_error_says_what_to_do(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with Collection(Holdings(folder)) as photos:
        with pytest.raises(SetupError, match="pixie setup"):
            photos.bench(kinds=["exact"], out=tmp_path / "out")
        assert photos.bench(kinds=["exact"], queries=5).kinds[0].points


def test_the_bridge_measures_a_step_at_a_time(folder: Path, tmp_path: Path) -> None:
    handle = call("collection_open", path=str(folder), read_only=True)["collection"]
    try:
        job = call(
            "collection_bench", collection=handle, kinds=["exact"], queries=10, out=str(tmp_path / "out")
        )["job"]
        while (answer := call("job_step", job=job))["report"] is None:
            assert answer["step"]["total"] == 6
        report = answer["report"]
        assert report["files"]["png"] == str(tmp_path / "out" / "bench.png")
        assert list(report["kinds"][0]["points"][0]) == [
            *("modality", "settings", "recall", "queries_per_second", "milliseconds", "best")
        ]
        wrong = call("collection_bench", collection=handle, kinds=["trees"])["job"]
        assert error_of("job_step", job=wrong)["item"] == "kind"
    finally:
        call("collection_close", collection=handle)
