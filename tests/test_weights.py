"""Weights in safetensors: whole, in shards, damaged in every way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from pixie.embedder import Embedder
from pixie.errors import ModelError
from pixie.weights import Weights
from sample_checkpoints import error_of

if TYPE_CHECKING:
    from pathlib import Path


def test_weights_in_pickle_alone_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    error = error_of(copy)
    assert error.code == "unsupported"
    assert "pytorch_model.bin" in error.message


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 5000, -1, -100_000])
def test_weights_cut_short_are_damaged(copy: Path, length: int) -> None:
    file = copy / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:length])
    error = error_of(copy)
    assert error.code == "damaged"
    assert str(file) in error.message


@settings(max_examples=150, deadline=None)
@given(
    header=st.binary(max_size=80) | st.text(max_size=40).map(lambda text: json.dumps({text: text}).encode())
)
def test_a_header_of_anything_is_an_error_and_no_crash(
    tmp_path_factory: pytest.TempPathFactory, header: bytes
) -> None:
    folder = tmp_path_factory.mktemp("header")
    data = len(header).to_bytes(8, "little") + header + b"\0" * 64
    (folder / "model.safetensors").write_bytes(data)
    try:
        assert Weights(folder).names == []
    except ModelError as error:
        assert error.code == "damaged"


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]},
        {"dtype": "F32", "shape": [1], "data_offsets": [-12, -8]},
        {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]},
        {"dtype": "F32", "shape": [1]},
        {"dtype": "F32", "shape": "x", "data_offsets": [0, 4]},
        7,
    ],
)
def test_a_header_that_points_outside_its_file_is_damaged(tmp_path: Path, entry: object) -> None:
    header = json.dumps({"w": entry}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 8)
    with pytest.raises(ModelError) as caught:
        Weights(tmp_path)
    assert caught.value.code == "damaged"


def test_a_dtype_pixie_does_not_read_is_refused_when_it_is_used(tmp_path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(ModelError, match="F8_E4M3") as caught:
        Weights(tmp_path).float32("w")
    assert caught.value.code == "unsupported"


def test_a_missing_weight_is_named(copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, copy / "model.safetensors")
    assert "visual_projection.weight" in error_of(copy).message


def shard(folder: Path, count: int = 3) -> None:
    """Split the folder's weights over several files, as large checkpoints come."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    place = {}
    for number in range(count):
        file = f"model-{number + 1:05}-of-{count:05}.safetensors"
        part = {name: weights[name] for name in names[number::count]}
        save_file(part, folder / file)
        place.update(dict.fromkeys(part, file))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": place}))


def test_shards_give_the_vectors_and_the_fingerprint_of_one_file(tiny: Path, copy: Path) -> None:
    shard(copy)
    whole, parts = Embedder.load(tiny), Embedder.load(copy)
    assert parts.fingerprint == whole.fingerprint
    np.testing.assert_array_equal(parts.embed_texts(["a dog"]), whole.embed_texts(["a dog"]))


def test_a_missing_shard_is_named(copy: Path) -> None:
    shard(copy)
    missing = copy / "model-00002-of-00003.safetensors"
    missing.unlink()
    error = error_of(copy)
    assert error.code == "damaged"
    assert str(missing) in error.message


@pytest.mark.parametrize("content", ["{", "{}", '{"weight_map": [1]}', '{"weight_map": {"a": 1}}'])
def test_a_damaged_list_of_shards_is_named(copy: Path, content: str) -> None:
    shard(copy)
    (copy / "model.safetensors.index.json").write_text(content)
    assert error_of(copy).code == "damaged"
