"""Checkpoints: found by name, checked before use, told apart by their fingerprint."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import local_hub
import random_checkpoint
from pixie import hub
from pixie.checkpoint import DEMO_FOLDER, Checkpoint, resolve
from pixie.embedder import Embedder
from pixie.errors import ModelError
from pixie.weights import Weights

REPOSITORY = "someone/some-clip"


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint to damage."""
    return Path(shutil.copytree(tiny, tmp_path / "copy"))


def put_into_cache(checkpoint: Path, cache: Path, commit: str = "abc123", ref: bool = True) -> Path:
    """Store a checkpoint as the Hugging Face libraries do: a snapshot of links to blobs."""
    folder = cache / "models--someone--some-clip"
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (folder / "blobs").mkdir(exist_ok=True)
    for file in checkpoint.iterdir():
        blob = folder / "blobs" / f"{commit}-{file.name}"
        shutil.copy(file, blob)
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    if ref:
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(commit)
    return snapshot


def error_of(name: str | Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        Checkpoint.open(name).fingerprint  # noqa: B018
    return caught.value


def test_demo_is_the_checkpoint_that_ships_with_pixie() -> None:
    checkpoint = Checkpoint.open("demo")
    assert checkpoint.folder == DEMO_FOLDER
    assert checkpoint.vision.image_size == 64
    assert sum(file.stat().st_size for file in DEMO_FOLDER.iterdir()) <= 20 << 20


def test_a_folder_is_taken_as_it_is(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny.parent)
    assert resolve("tiny") == tiny
    assert resolve(tiny) == tiny


@pytest.mark.parametrize("variable", ["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"])
def test_a_repository_is_found_in_the_cache_without_a_network(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv(variable, str(tmp_path / "place"))
    below = {"HF_HOME": "hub", "XDG_CACHE_HOME": "huggingface/hub"}.get(variable, "")
    snapshot = put_into_cache(tiny, tmp_path / "place" / below)
    assert resolve(REPOSITORY) == snapshot
    assert Checkpoint.open(REPOSITORY).name == REPOSITORY


def test_the_cached_revision_is_the_one_that_main_names(tiny: Path) -> None:
    wanted = put_into_cache(tiny, hub.cache_folder(), "first")
    put_into_cache(tiny, hub.cache_folder(), "second", ref=False)
    assert resolve(REPOSITORY) == wanted


def test_a_copied_cache_without_refs_gives_its_snapshot(tiny: Path) -> None:
    snapshot = put_into_cache(tiny, hub.cache_folder(), ref=False)
    assert resolve(REPOSITORY) == snapshot


@pytest.mark.parametrize("lost", [["config.json"], ["model.safetensors"], ["tokenizer.json", "merges.txt"]])
def test_a_snapshot_without_a_part_does_not_count(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, lost: list[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    snapshot = put_into_cache(tiny, hub.cache_folder())
    for name in lost:
        (snapshot / name).unlink()
    assert error_of(REPOSITORY).code == "not_found"


def test_a_missing_model_offline_is_named_with_where_it_was_looked_for_and_two_ways_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    error = error_of(REPOSITORY)
    assert error.code == "not_found"
    assert error.item == REPOSITORY
    assert REPOSITORY in error.message
    assert str(hub.cache_folder()) in error.message
    assert error.fix is not None
    assert "network" in error.fix
    assert "--model" in error.fix


def run_python(code: str, **environment: str) -> str:
    """Output of a fresh interpreter: huggingface_hub reads its settings once, when it is imported."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


OPEN = f"""
from pixie.checkpoint import Checkpoint
from pixie.errors import ModelError
try:
    print(Checkpoint.open({REPOSITORY!r}).fingerprint)
except ModelError as error:
    print(error.code, error)
"""


def test_a_hub_out_of_reach_is_one_clear_error() -> None:
    said = run_python(OPEN, HF_ENDPOINT="http://127.0.0.1:9")
    assert said.startswith("not_found ")
    assert REPOSITORY in said
    assert "can't be reached" in said
    assert "Traceback" not in said


def test_a_repository_is_fetched_once_and_only_the_files_it_needs(tiny: Path, tmp_path: Path) -> None:
    repository = Path(shutil.copytree(tiny, tmp_path / "repository"))
    for other in ("pytorch_model.bin", "modeling.py", "flax_model.msgpack", "README.md"):
        (repository / other).write_bytes(b"not for us")
    with local_hub.serve(REPOSITORY, repository) as (endpoint, fetched):
        first = run_python(OPEN, HF_ENDPOINT=endpoint)
        assert set(fetched) == {file.name for file in tiny.iterdir()} - {random_checkpoint.MARKER}
        fetched.clear()
        assert run_python(OPEN, HF_ENDPOINT=endpoint) == first
        assert fetched == []
    assert first.strip() == Checkpoint.open(tiny).fingerprint


def test_a_name_the_hub_does_not_know_is_an_error_that_says_so(tiny: Path) -> None:
    with local_hub.serve("someone/else", tiny) as (endpoint, _):
        said = run_python(OPEN, HF_ENDPOINT=endpoint)
    assert said.startswith("not_found ")
    assert "spelling" in said


@pytest.mark.parametrize("name", ["/no/such/folder", "./clip", "~/clip-of-nobody", "a b", "", "x/y/z", "-\0"])
def test_a_name_that_can_only_be_a_folder_is_never_looked_up_on_the_network(name: str) -> None:
    error = error_of(name)
    assert error.code == "not_found"
    assert error.fix is not None


@pytest.mark.parametrize("kind", ["siglip", "bert", None])
def test_a_model_that_is_no_clip_is_refused(copy: Path, kind: str | None) -> None:
    change_json(copy / "config.json", lambda config: config.update(model_type=kind))
    error = error_of(copy)
    assert error.code == "unsupported"
    assert repr(kind) in error.message


def change_json(file: Path, change: Any) -> None:
    value = json.loads(file.read_text(encoding="utf-8"))
    change(value)
    file.write_text(json.dumps(value), encoding="utf-8")


def test_a_folder_without_a_configuration_is_no_checkpoint(tmp_path: Path) -> None:
    assert error_of(tmp_path).code == "not_found"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_configuration_is_named(copy: Path, content: bytes) -> None:
    (copy / "config.json").write_bytes(content)
    error = error_of(copy)
    assert error.code == "damaged"
    assert "config.json" in error.message


@pytest.mark.parametrize(
    "section", [{"hidden_size": -1}, {"num_hidden_layers": "three"}, {"hidden_act": None}]
)
def test_a_configuration_of_nonsense_is_refused(copy: Path, section: dict[str, Any]) -> None:
    change_json(copy / "config.json", lambda config: config["text_config"].update(section))
    error = error_of(copy)
    assert error.code == "unsupported"
    assert next(iter(section)) in error.message


@pytest.mark.parametrize("name", ["tokenizer", "weights"])
def test_a_checkpoint_without_a_part_is_refused(copy: Path, name: str) -> None:
    for pattern in {"tokenizer": ("tokenizer.json", "vocab.json"), "weights": ("model.safetensors",)}[name]:
        (copy / pattern).unlink()
    assert error_of(copy).code == {"tokenizer": "damaged", "weights": "unsupported"}[name]


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


def test_weights_of_another_configuration_are_refused(copy: Path) -> None:
    change_json(copy / "config.json", lambda config: config["text_config"].update(hidden_size=128))
    error = error_of(copy)
    assert error.code == "damaged"
    assert "text_model" in error.message


def test_a_damaged_tokenizer_is_named(copy: Path) -> None:
    (copy / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="tokenizer") as caught:
        Embedder.load(copy).embed_texts(["a"])
    assert caught.value.code == "damaged"


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


def test_a_repository_and_a_folder_of_the_same_files_have_one_fingerprint(tiny: Path, copy: Path) -> None:
    put_into_cache(tiny, hub.cache_folder())
    (copy / "README.md").write_text("a copy")
    assert Checkpoint.open(REPOSITORY).fingerprint == Checkpoint.open(copy).fingerprint
    assert len(Checkpoint.open(copy).fingerprint) == 32


def change_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["text_projection.weight"] = weights["text_projection.weight"] + np.float32(1e-3)
    save_file(weights, folder / "model.safetensors")


CHANGES = {
    "weights": change_a_weight,
    "dtype": lambda folder: save_file(
        {name: weight.astype(np.float16) for name, weight in load_file(folder / "model.safetensors").items()},
        folder / "model.safetensors",
    ),
    "crop": lambda folder: change_json(
        folder / "preprocessor_config.json", lambda config: config.update(size={"shortest_edge": 40})
    ),
    "mean": lambda folder: change_json(
        folder / "preprocessor_config.json", lambda config: config.update(image_mean=[0.5, 0.5, 0.5])
    ),
    "activation": lambda folder: change_json(
        folder / "config.json", lambda config: config["text_config"].update(hidden_act="gelu")
    ),
    "tokenizer": lambda folder: change_json(
        folder / "tokenizer.json", lambda config: config["model"].update(dropout=0.5)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_vectors_changes_the_fingerprint(tiny: Path, copy: Path, change: str) -> None:
    CHANGES[change](copy)
    assert Checkpoint.open(copy).fingerprint != Checkpoint.open(tiny).fingerprint


def test_what_does_not_change_vectors_leaves_the_fingerprint(tiny: Path, copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    weights["logit_scale"] = np.array(7, np.float32)
    weights["text_model.embeddings.position_ids"] = np.arange(77)[None]
    save_file(weights, copy / "model.safetensors", {"format": "pt", "made": "elsewhere"})
    change_json(copy / "config.json", lambda config: config.update(transformers_version="4.30.0"))
    assert Checkpoint.open(copy).fingerprint == Checkpoint.open(tiny).fingerprint


@pytest.mark.parametrize(
    "repeated",
    [
        None,
        {},
        {"hidden_act": "gelu"},
        {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4},
    ],
)
def test_repeated_sections_of_old_configurations_win_as_in_transformers(
    tiny: Path, repeated: dict[str, Any] | None
) -> None:
    from transformers import CLIPConfig

    from pixie.checkpoint import _TEXT_DEFAULTS, _section

    config = json.loads((tiny / "config.json").read_text())
    config["text_config_dict"] = repeated
    ours = _section(json.loads(json.dumps(config)), "text_config", _TEXT_DEFAULTS)
    theirs = CLIPConfig(**config).text_config.to_dict()
    assert ours == {key: theirs[key] for key in ours}


def test_projections_of_the_whole_configuration_count_and_not_those_of_its_sections(copy: Path) -> None:
    """Several published checkpoints carry a stale projection_dim in their sections."""

    def stale(config: dict[str, Any]) -> None:
        config["text_config"]["projection_dim"] = config["vision_config"]["projection_dim"] = 512

    change_json(copy / "config.json", stale)
    assert Embedder.load(copy).embed_texts(["a"]).shape == (1, 32)
