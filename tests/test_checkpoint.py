"""Checkpoints: their configuration checked before use, told apart by their fingerprint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pixie import hub
from pixie.checkpoint import DEMO_FOLDER, Checkpoint, resolve
from pixie.embedder import Embedder
from pixie.errors import ModelError
from sample_checkpoints import REPOSITORY, change_json, error_of, put_into_cache

if TYPE_CHECKING:
    from pathlib import Path


def test_demo_is_the_checkpoint_that_ships_with_pixie() -> None:
    checkpoint = Checkpoint.open("demo")
    assert checkpoint.folder == DEMO_FOLDER
    assert checkpoint.vision.image_size == 64
    assert sum(file.stat().st_size for file in DEMO_FOLDER.iterdir()) <= 20 << 20


def test_a_folder_is_taken_as_it_is(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny.parent)
    assert resolve("tiny") == tiny
    assert resolve(tiny) == tiny


@pytest.mark.parametrize("kind", ["siglip", "bert", None])
def test_a_model_that_is_no_clip_is_refused(copy: Path, kind: str | None) -> None:
    change_json(copy / "config.json", lambda config: config.update(model_type=kind))
    error = error_of(copy)
    assert error.code == "unsupported"
    assert repr(kind) in error.message


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
