"""The functions of the bridge, and those that turn texts and pictures into vectors."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pixie
from bridge_calls import call, error_of, floats
from collection_fixtures import HARD_STRINGS
from pixie import bridge
from pixie.items import FACTS


def test_the_functions_are_those_java_knows() -> None:
    assert bridge.names() == [
        "collection_backup",
        "collection_bench",
        "collection_bind",
        "collection_close",
        "collection_commit",
        "collection_compact",
        "collection_export",
        "collection_facets",
        "collection_failures",
        "collection_get",
        "collection_list",
        "collection_log",
        "collection_log_clear",
        "collection_log_csv",
        "collection_log_set",
        "collection_model",
        "collection_open",
        "collection_prune",
        "collection_reindex",
        "collection_remove",
        "collection_repair",
        "collection_restore",
        "collection_search",
        "collection_set",
        "collection_stats",
        "collection_tune",
        "collection_verify",
        "collections_copy",
        "collections_delete",
        "collections_describe",
        "collections_info",
        "collections_list",
        "collections_rename",
        "decode_images",
        "embed_pixels",
        "embed_texts",
        "embedder_open",
        "embedder_warm",
        "hello",
        "import_close",
        "import_plan",
        "import_take",
        "index_again",
        "index_close",
        "index_plan",
        "index_settle",
        "index_take",
        "job_close",
        "job_step",
        "parse_term",
        "reembed_begin",
        "reembed_close",
        "reembed_commit",
        "reembed_finish",
        "reembed_turn",
        "watch_close",
        "watch_open",
        "watch_wait",
    ]


def test_every_function_is_in_the_documentation() -> None:
    described = (Path(__file__).parents[1] / "docs" / "json.md").read_text()
    assert [name for name in bridge.names() if f"\n| `{name}` |" not in described] == []


def test_hello_says_who_is_there() -> None:
    assert call("hello") == {
        "version": pixie.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "executable": sys.executable,
        "package": str(Path(pixie.__file__).parent),
    }


@pytest.mark.parametrize("text", HARD_STRINGS)
def test_every_character_crosses_unchanged(text: str) -> None:
    assert call("parse_term", text=f"id:{text}") == {"weight": 1.0, "id": text}


def test_terms_are_parsed_in_one_place() -> None:
    assert call("parse_term", text="0.5:@a.jpg") == {"weight": 0.5, "path": "a.jpg"}
    assert error_of("parse_term", text="0:x")["type"] == "invalid_input"


def test_one_model_is_opened_once(tiny: Path, embedder: dict[str, Any]) -> None:
    again = call("embedder_open", model=str(tiny), device="cpu", dtype="float32")
    other = call("embedder_open", model=str(tiny), device="cpu", dtype="auto")
    assert again == embedder
    assert other["embedder"] != embedder["embedder"]
    facts = {
        key: embedder[key] for key in ("name", "dimension", "image_size", "max_tokens", "device", "demo")
    }
    assert facts == {
        "name": str(tiny),
        "dimension": 32,
        "image_size": 32,
        "max_tokens": 77,
        "device": "cpu",
        "demo": False,
    }
    assert set(embedder["batch_size"]) == {"image", "text"}


def test_a_model_that_is_not_there_is_a_model_error(tmp_path: Path) -> None:
    assert error_of("embedder_open", model=str(tmp_path / "nothing"))["type"] == "model"


def test_texts_are_written_into_the_callers_memory(tiny: Path, embedder: dict[str, Any]) -> None:
    out = floats(3)
    answer = call("embed_texts", out, embedder=embedder["embedder"], texts=["a dog", "dog " * 200])
    np.testing.assert_allclose(
        out[:2], pixie.Embedder.load(tiny).embed_texts(["a dog", "dog " * 200]), atol=1e-5
    )
    assert np.isnan(out[2]).all()
    assert [(warning["index"], warning["code"]) for warning in answer["warnings"]] == [(1, "text_truncated")]
    assert call("embed_texts", out, embedder=embedder["embedder"], texts=[]) == {"warnings": []}
    assert call("embedder_warm", embedder=embedder["embedder"], tower="image") == {"dtype": "float32"}


@pytest.mark.parametrize(
    "out",
    [
        np.empty((1, 32), np.float64),
        np.empty((1, 31), np.float32),
        np.empty((0, 32), np.float32),
        np.empty(32, np.float32),
        np.empty((1, 64), np.float32)[:, ::2],
    ],
)
def test_memory_of_another_shape_is_refused(embedder: dict[str, Any], out: np.ndarray) -> None:
    error = error_of("embed_texts", out, embedder=embedder["embedder"], texts=["a dog"])
    assert error["type"] == "invalid_input"
    assert "the array out is" in error["message"]


def test_bad_pictures_stand_between_good_ones(tmp_path: Path, tiny: Path, embedder: dict[str, Any]) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    content = np.frombuffer((tmp_path / "good.png").read_bytes() + b"behind", np.uint8)
    first = call(
        "decode_images",
        np.empty((1, 32, 32, 3), np.uint8),
        embedder=embedder["embedder"],
        files=[{"path": str(tmp_path / "good.png")}],
    )
    known = first["images"][0]["facts"]["sha256"]
    pixels = np.zeros((6, 32, 32, 3), np.uint8)
    files = [
        {"path": str(tmp_path / "good.png")},
        {"path": str(tmp_path / "bad.png")},
        {"path": str(tmp_path / "gone.png"), "known_hash": "x"},
        {"path": str(tmp_path / "good.png"), "known_hash": known},
        {"buffer": 0, "length": len(content) - len(b"behind")},
        {"buffer": 0, "length": 3},
    ]
    images = call("decode_images", pixels, content, embedder=embedder["embedder"], files=files)["images"]
    facts = (tmp_path / "good.png").stat()
    assert images[0]["facts"] == first["images"][0]["facts"]
    assert images[0]["facts"] == {
        **dict.fromkeys(FACTS),
        "width": 50,
        "height": 40,
        "format": "PNG",
        "sha256": known,
        "size": facts.st_size,
        "mtime_ns": facts.st_mtime_ns,
    }
    assert images[1]["error"]["code"] == "not_an_image"
    assert images[2]["error"]["code"] == "missing"
    assert images[3] == {
        "unchanged": True,
        "size": facts.st_size,
        "mtime_ns": facts.st_mtime_ns,
    }
    assert images[4]["facts"] == images[0]["facts"] | {"mtime_ns": None}
    assert images[5]["error"]["code"] in ("not_an_image", "truncated")
    np.testing.assert_array_equal(pixels[0], pixels[4])
    assert pixels[0].any()
    assert not pixels[[1, 2, 3, 5]].any()
    out = floats(2)
    assert call("embed_pixels", pixels, out, embedder=embedder["embedder"], count=1) == {}
    np.testing.assert_allclose(
        out[0], pixie.Embedder.load(tiny).embed_images([tmp_path / "good.png"])[0], atol=1e-5
    )
    assert np.isnan(out[1]).all()


def test_the_process_ends_without_the_destructors_of_torch(tiny: Path) -> None:
    script = f"""
import ctypes, json, sys
from pixie import bridge
from pixie.items import FACTS

def call(name, **argument):
    return json.loads(bridge.call(name, json.dumps(argument)))["ok"]

# Stands for a destructor that must not run.
libc = ctypes.CDLL(None)
libc.on_exit(ctypes.cast(libc.abort, ctypes.c_void_p), None)
embedder = call("embedder_open", model={str(tiny)!r}, device="cpu", dtype="float32")["embedder"]
if sys.argv[1] == "torch":
    call("embedder_warm", embedder=embedder, tower="image")
sys.exit(3)
"""

    def status(loaded: str) -> int:
        return subprocess.run([sys.executable, "-c", script, loaded], check=False).returncode

    assert status("nothing") == -signal.SIGABRT
    assert status("torch") == 3
