"""Repositories: found in the cache without a network, fetched once, or one clear error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import local_hub
import random_checkpoint
from pixie import hub
from pixie.checkpoint import Checkpoint, resolve
from sample_checkpoints import REPOSITORY, error_of, put_into_cache


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
