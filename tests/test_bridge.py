"""The one door for Java: whatever happens inside, nothing but JSON comes back."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pixie
from bridge_calls import call, error_of
from pixie import bridge
from pixie.calls.table import FUNCTIONS

if TYPE_CHECKING:
    from pathlib import Path


def enter(monkeypatch: pytest.MonkeyPatch, function: Any) -> None:
    monkeypatch.setitem(FUNCTIONS, "misbehave", function)


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), GeneratorExit(), SystemExit("x")]
)
def test_nothing_is_raised_whatever_is_raised_inside(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def misbehave(argument: dict[str, Any]) -> dict[str, Any]:
        raise error

    enter(monkeypatch, misbehave)
    found = error_of("misbehave")
    assert found["type"] == "failure"
    assert found["message"].startswith(type(error).__name__)
    assert type(error).__name__ in found["traceback"]


def test_a_full_message_and_traceback_survive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def misbehave(argument: dict[str, Any]) -> dict[str, Any]:
        try:
            (tmp_path / "no \U0001f436 here").read_bytes()
        except OSError as cause:
            raise RuntimeError("first line\nsecond line") from cause
        return {}

    enter(monkeypatch, misbehave)
    found = error_of("misbehave")
    assert found["message"] == "RuntimeError: first line\nsecond line"
    assert f"[Errno 2] No such file or directory: '{tmp_path}/no \U0001f436 here'" in found["traceback"]
    assert "test_bridge.py" in found["traceback"]
    assert "direct cause" in found["traceback"]


def test_an_error_of_pixies_own_crosses_with_all_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    def misbehave(argument: dict[str, Any]) -> dict[str, Any]:
        raise pixie.ImageError("what", fix="do this", item="nul \0 \ud800", code="truncated")

    enter(monkeypatch, misbehave)
    found = error_of("misbehave")
    assert {key: found[key] for key in ("type", "message", "fix", "item", "code")} == {
        "type": "invalid_input",
        "message": "what",
        "fix": "do this",
        "item": "nul \0 \ud800",
        "code": "truncated",
    }


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (pixie.InvalidInputError, "invalid_input"),
        (pixie.ModelError, "model"),
        (pixie.CollectionError, "collection"),
        (pixie.ClosedError, "closed"),
        (pixie.SetupError, "setup"),
    ],
)
def test_each_kind_of_error_has_its_type(monkeypatch: pytest.MonkeyPatch, error: Any, kind: str) -> None:
    def misbehave(argument: dict[str, Any]) -> dict[str, Any]:
        raise error("said")

    enter(monkeypatch, misbehave)
    assert error_of("misbehave")["type"] == kind


def test_endless_recursion_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def misbehave(argument: dict[str, Any]) -> dict[str, Any]:
        return misbehave(argument)

    enter(monkeypatch, misbehave)
    assert error_of("misbehave")["message"].startswith("RecursionError")


class BrokenError(Exception):
    def __str__(self) -> str:
        raise SystemExit(5)


class WorseError(Exception):
    def __str__(self) -> str:
        raise ValueError("broken too")


@pytest.mark.parametrize("broken", [BrokenError, WorseError])
def test_an_error_that_cant_be_described_is_an_error(monkeypatch: pytest.MonkeyPatch, broken: Any) -> None:
    def misbehave(argument: dict[str, Any]) -> dict[str, Any]:
        raise broken

    enter(monkeypatch, misbehave)
    assert error_of("misbehave")["type"] == "failure"


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), {"x": b"bytes"}, np.float32(1)])
def test_a_result_that_is_no_json_is_an_error(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    enter(monkeypatch, lambda argument: {"value": value})
    assert error_of("misbehave")["type"] == "failure"


@pytest.mark.parametrize("argument", ["", "{", "[]", "null", "7"])
def test_an_argument_that_is_no_json_object_is_an_error(argument: str) -> None:
    assert json.loads(bridge.call("parse_term", argument))["error"]["type"] == "failure"


def test_an_unknown_function_is_named() -> None:
    assert "no function 'nonsense'" in error_of("nonsense")["message"]


def test_no_array_is_kept_when_a_call_fails(embedder: dict[str, Any]) -> None:
    out = np.empty((1, 7), np.float32)
    kept = weakref.ref(out)
    error_of("embed_texts", out, embedder=embedder["embedder"], texts=["a"])
    del out
    gc.collect()
    assert kept() is None


def test_output_is_flushed_before_the_answer() -> None:
    script = """
import os
from pixie import bridge
print("said", end="")
bridge.call("hello", "{}")
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "said"


def test_calls_work_without_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert call("hello")["version"] == pixie.__version__
