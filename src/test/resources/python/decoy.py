"""Functions that only tests want on the bridge, in a module that has the name of a Java package."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from pixie.calls.table import FUNCTIONS, function

_batches: list[list[str]] = []


@function
def read_missing_file(argument: dict[str, Any]) -> None:
    open(argument["path"]).close()


@function
def raise_chained(argument: dict[str, Any]) -> None:
    def inner() -> None:
        raise KeyError("first")

    try:
        inner()
    except KeyError as error:
        raise ValueError(argument["message"]) from error


@function
def leave(argument: dict[str, Any]) -> None:
    sys.exit(argument["code"])


@function
def interrupt(_argument: dict[str, Any]) -> None:
    raise KeyboardInterrupt


@function
def echo(argument: dict[str, Any]) -> Any:
    return argument


@function
def code_points(argument: dict[str, Any]) -> list[int]:
    return [ord(character) for character in argument["text"]]


@function
def describe_array(_argument: dict[str, Any], array: Any) -> dict[str, Any]:
    return {
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "sum": float(array.sum()),
        "writable": bool(array.flags.writeable and array.flags.c_contiguous),
    }


@function
def count_up(argument: dict[str, Any], array: Any) -> None:
    array.reshape(-1)[:] = range(argument["start"], argument["start"] + array.size)


@function
def recurse(_argument: dict[str, Any]) -> None:
    def deeper(level: int) -> int:
        return 1 + max([level], key=lambda value: deeper(value + 1))

    deeper(0)


@function
def where(_argument: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": __file__,
        "thread": threading.get_ident(),
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY"),
        "modules": sorted(sys.modules),
        "path": sys.path,
    }


@function
def import_java(_argument: dict[str, Any]) -> str:
    import dev.pixie

    return str(dev.pixie)


@function
def write(argument: dict[str, Any]) -> None:
    print(argument["text"], end="")


@function
def spin(argument: dict[str, Any]) -> None:
    import time

    until = time.monotonic() + argument["seconds"]
    while time.monotonic() < until:
        pass


@function
def watch_texts(_argument: dict[str, Any]) -> None:
    """Record each batch of texts from now on; a text that says "poison" makes its batch fail."""
    _batches.clear()
    original = FUNCTIONS["embed_texts"]
    if original.__name__ == "watched":
        return

    def watched(argument: dict[str, Any], *arrays: Any) -> Any:
        _batches.append(argument["texts"])
        if "poison" in argument["texts"]:
            raise ValueError("poisoned batch")
        return original(argument, *arrays)

    FUNCTIONS["embed_texts"] = watched


@function
def watched_batches(_argument: dict[str, Any]) -> list[list[str]]:
    """What was recorded since the last call."""
    taken = list(_batches)
    _batches.clear()
    return taken
