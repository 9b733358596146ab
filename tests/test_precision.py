"""The dtype that `auto` stands for: measured, held to float32's vectors, remembered."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import random_checkpoint
from pixie import precision
from pixie.checkpoint import Checkpoint
from pixie.embedder import Embedder
from pixie.torch_tower import VisionTower, describe, linear_seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A checkpoint whose vision tower is just big enough to be measured: 21 million weights."""
    size = random_checkpoint.Size(64, 1, 4, 768, 3, 12, 32, 16, 32, 1_352)
    folder = tmp_path_factory.mktemp("medium") / "clip"
    return Checkpoint.open(random_checkpoint.write_checkpoint(folder, size))


def builder(checkpoint: Checkpoint, built: list[str]) -> Callable[[str], VisionTower]:
    def build(dtype: str) -> VisionTower:
        built.append(dtype)
        return VisionTower(checkpoint, CPU, dtype)

    return build


def test_a_small_model_runs_in_float32_without_a_measurement(tiny: Path) -> None:
    built: list[str] = []
    checkpoint = Checkpoint.open(tiny)
    assert precision.choose(checkpoint, "here", builder(checkpoint, built)).dtype == "float32"
    assert built == ["float32"]
    assert not precision.memory_file().exists()


def test_a_measurement_compares_every_dtype_it_tries_with_float32(medium: Checkpoint) -> None:
    measurement, tower = precision.measure(medium, builder(medium, []))
    assert tower.dtype == measurement.dtype
    assert measurement.cosines["float32"] == pytest.approx(1, abs=1e-5)
    assert measurement.cosines[measurement.dtype] >= precision.MIN_COSINE
    assert set(measurement.rates) <= set(measurement.cosines)


def test_a_measurement_is_made_once_and_remembered(medium: Checkpoint) -> None:
    machine = describe(CPU)
    first = precision.choose(medium, machine, builder(medium, []))
    entry = json.loads(precision.memory_file().read_text())
    assert [value["dtype"] for value in entry.values()] == [first.dtype]
    built: list[str] = []
    assert precision.choose(medium, machine, builder(medium, built)).dtype == first.dtype
    assert built == [first.dtype]


def test_a_measurement_of_another_machine_does_not_count(medium: Checkpoint) -> None:
    precision.choose(medium, "another machine", builder(medium, []))
    precision.choose(medium, "this machine", builder(medium, []))
    assert len(json.loads(precision.memory_file().read_text())) == 2


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"here": 1}', b"\xff", b'{"here": {"dtype": "int4"}}']
)
def test_a_damaged_memory_is_ignored_and_written_anew(medium: Checkpoint, content: bytes) -> None:
    precision.memory_file().parent.mkdir(parents=True)
    precision.memory_file().write_bytes(content)
    assert precision.recall("here") is None
    precision.remember("here", precision.Measurement("bfloat16", {}, {}))
    assert precision.recall("here") == "bfloat16"
    assert [file.name for file in precision.memory_file().parent.iterdir()] == ["dtype.json"]


def test_a_home_that_cannot_be_written_to_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path / "file"))
    precision.remember("here", precision.Measurement("bfloat16", {}, {}))
    assert precision.recall("here") is None


@pytest.mark.parametrize(
    ("bfloat16_seconds", "cosine", "winner"),
    [
        (0.5, 0.9999, "bfloat16"),
        (0.5, 0.9989, "float32"),
        (0.5, -1.0, "float32"),
        (0.95, 0.9999, "float32"),
        (80.0, 0.9999, "float32"),
        (math.inf, 0.9999, "float32"),
    ],
)
def test_the_fastest_dtype_that_is_true_to_float32_wins(
    bfloat16_seconds: float, cosine: float, winner: str
) -> None:
    seconds = {"float32": 1.0, "bfloat16": bfloat16_seconds}
    assert precision.fastest(seconds, {"float32": 1.0, "bfloat16": cosine}) == winner


def test_a_hopeless_candidate_is_dropped_after_one_product() -> None:
    products = []

    class Counting(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            if function is torch.nn.functional.linear:
                products.append(function)
            return function(*args, **(kwargs or {}))

    with Counting():
        linear_seconds(CPU, "bfloat16", 8, 16, 16, limit=0)
    assert len(products) == 1
    with Counting():
        linear_seconds(CPU, "bfloat16", 8, 16, 16, limit=math.inf)
    assert len(products) == 5


def test_a_vector_of_no_numbers_has_no_cosine() -> None:
    rows = np.ones((2, 4), np.float32)
    broken = rows.copy()
    broken[1, 2] = np.nan
    assert precision.least_cosine(broken, rows) == -1
    assert precision.least_cosine(np.zeros_like(rows), rows) == -1
    assert precision.least_cosine(rows * 3, rows) == pytest.approx(1)


def test_an_explicit_dtype_is_obeyed(tiny: Path) -> None:
    pixels = precision.sample_pixels(2, 32)
    exact = Embedder.load(tiny, dtype="float32").embed_pixels(pixels)
    for dtype in ("bfloat16", "float16"):
        embedder = Embedder.load(tiny, dtype=dtype)
        vectors = embedder.embed_pixels(pixels)
        assert embedder.dtype == dtype
        assert 0.99 < precision.least_cosine(vectors, exact) < 1 - 1e-8
        text = embedder.embed_texts(["a dog"])
        assert 0.99 < float((text @ Embedder.load(tiny).embed_texts(["a dog"]).T)[0, 0]) < 1 - 1e-8


def test_two_processes_that_remember_at_once_leave_a_whole_file() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pixie.precision import Measurement, remember\n"
        "for i in range(50): remember(f'{sys.argv[1]} {i}', Measurement('float32', {}, {}))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, name], env=os.environ) for name in "ab"]
    assert [process.wait(60) for process in running] == [0, 0]
    assert json.loads(precision.memory_file().read_text())
