"""Calling the bridge as Java does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixie import bridge

SHAPES = Path(__file__).parent / "data" / "json"


class BridgeError(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


def call(name: str, *arrays: np.ndarray, **argument: Any) -> Any:
    """Call as Java does: ASCII JSON in, ASCII JSON out."""
    said = bridge.call(name, json.dumps(argument), *arrays)
    assert said.isascii()
    answer = json.loads(said)
    assert list(answer) in (["ok"], ["error"])
    if "error" in answer:
        raise BridgeError(answer["error"])
    return answer["ok"]


def error_of(name: str, *arrays: np.ndarray, **argument: Any) -> dict[str, Any]:
    with pytest.raises(BridgeError) as caught:
        call(name, *arrays, **argument)
    error = caught.value.error
    assert list(error) == list(json.loads((SHAPES / "error.json").read_text()))
    return error


def floats(count: int) -> np.ndarray:
    return np.full((count, 32), np.nan, np.float32)


def embed(embedder: dict[str, Any], *texts: str) -> np.ndarray:
    out = floats(len(texts))
    call("embed_texts", out, embedder=embedder["embedder"], texts=list(texts))
    return out


def add_texts(collection: int, embedder: dict[str, Any], **texts: str) -> dict[str, int]:
    items = [
        {
            "id": name,
            "path": None,
            "text": text,
            "metadata": {},
            "vectors": [{"modality": "text", "row": row}],
        }
        for row, (name, text) in enumerate(texts.items())
    ]
    return call("collection_commit", embed(embedder, *texts.values()), collection=collection, items=items)
