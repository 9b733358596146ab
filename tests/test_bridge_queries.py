"""The bridge's searches with options, and its log of queries."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bridge_calls import add_texts, call, embed, error_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stocked(collection: int, embedder: dict[str, Any]) -> int:
    add_texts(collection, embedder, a="a dog", b="a cat", c="a tree")
    return collection


def search(collection: int, embedder: dict[str, Any], **options: Any) -> dict[str, Any]:
    term = {"weight": 1.0, "vector": 0, "modality": "text", "term": "a cat"}
    return call(
        "collection_search", embed(embedder, "a cat"), collection=collection, terms=[term], k=2, **options
    )


def test_a_plain_search_has_neither_explanation_nor_check(stocked: int, embedder: dict[str, Any]) -> None:
    answer = search(stocked, embedder)
    assert list(answer) == ["hits", "warnings", "explanation", "check"]
    assert (answer["explanation"], answer["check"]) == (None, None)
    nulls = search(stocked, embedder, kind=None, probes=None, candidates=None, explain=False, check=False)
    assert nulls == answer


def test_a_search_is_explained_and_checked_by_another_kind(stocked: int, embedder: dict[str, Any]) -> None:
    answer = search(stocked, embedder, kind="kmeans", probes=3, candidates=50, explain=True, check=True)
    explanation = answer["explanation"]
    assert (explanation["kind"], explanation["rows"], explanation["settings"]["probes"]) == ("kmeans", 3, 3)
    assert [layer["name"] for layer in explanation["layers"]] == ["vectors"]
    assert answer["check"] == {"recall": 1.0, "k": 2, "correct": [True, True], "missed": []}
    assert [warning["code"] for warning in answer["warnings"]] == ["index_built"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "quantum"}, "no index kind 'quantum'"),
        ({"probes": 0}, "probes is 0"),
        ({"probes": "many"}, "probes is 'many'"),
        ({"exact": True, "probes": 2}, "no setting 'probes'"),
        ({"exact": True, "kind": "lsh"}, "by the kind 'lsh'"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    stocked: int, embedder: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    terms = [{"weight": 1.0, "id": "a"}]
    error = error_of("collection_search", collection=stocked, terms=terms, **options)
    assert error["type"] == "invalid_input"
    assert said in error["message"]


def test_queries_are_logged_paged_and_cleared(stocked: int, embedder: dict[str, Any]) -> None:
    search(stocked, embedder)
    call("collection_search", collection=stocked, terms=[{"weight": -1, "id": "a"}, {"weight": 2, "id": "b"}])
    log = call("collection_log", collection=stocked)
    assert (log["total"], log["on"], log["warnings"]) == (2, True, [])
    assert [query["terms"] for query in log["queries"]] == [["-1:id:a", "2:id:b"], ["a cat"]]
    assert call("collection_log", collection=stocked, offset=1, limit=1)["queries"] == log["queries"][1:]
    assert error_of("collection_log", collection=stocked, offset=-1)["type"] == "invalid_input"
    assert call("collection_log_clear", collection=stocked) == {"removed": 2}
    assert call("collection_log", collection=stocked)["total"] == 0


def test_the_log_is_turned_off_by_a_writer(tmp_path: Path, stocked: int, embedder: dict[str, Any]) -> None:
    reader = call("collection_open", path=str(tmp_path / "photos"), read_only=True)["collection"]
    error = error_of("collection_log_set", collection=reader, on=False)
    assert (error["type"], error["code"]) == ("collection", "read_only")
    assert call("collection_log_set", collection=stocked, on=False) == {"on": False}
    search(reader, embedder)
    assert call("collection_log", collection=reader) == {
        "queries": [],
        "total": 0,
        "on": False,
        "warnings": [],
    }
    call("collection_close", collection=reader)
    assert error_of("collection_log", collection=reader)["type"] == "closed"


def test_reading_the_log_loads_neither_model_nor_numpy(
    tmp_path: Path, stocked: int, embedder: dict[str, Any]
) -> None:
    search(stocked, embedder)
    call("collection_close", collection=stocked)
    script = f"""
import json, sys
from pixie import bridge
def call(name, **argument):
    return json.loads(bridge.call(name, json.dumps(argument)))["ok"]
c = call("collection_open", path={str(tmp_path / "photos")!r}, read_only=True)["collection"]
assert call("collection_log", collection=c)["total"] == 1
assert call("collection_log_clear", collection=c)["removed"] == 1
assert not {{"torch", "transformers", "numba", "numpy", "PIL", "tokenizers"}} & set(sys.modules)
call("collection_close", collection=c)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
