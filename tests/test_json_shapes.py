"""The JSON objects of docs/json.md, from the sample files that the Java tests read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collection_fixtures import make, put
from pixie.collections import CollectionInfo
from pixie.facets import Facet, Facets
from pixie.filters import Filter
from pixie.holdings import Holdings
from pixie.index.trace import Explanation, Layer
from pixie.items import Hit, Item, SearchResult
from pixie.logged_query import LoggedQuery
from pixie.manifest import Model
from pixie.plan import Plan, Task
from pixie.pruning import PruneReport
from pixie.query import Term
from pixie.recall_check import RecallCheck
from pixie.records import Record
from pixie.reembedding.report import ReembedReport
from pixie.reports import Failure, IndexReport, Warning  # noqa: A004
from pixie.roots import Root

SHAPES = Path(__file__).parent / "data" / "json"


def sample(name: str) -> Any:
    return json.loads((SHAPES / f"{name}.json").read_text())


def same(found: Any, expected: Any) -> None:
    """Equal, and with keys in the same order."""
    assert json.dumps(found) == json.dumps(expected)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("item", Item),
        ("item_of_text", Item),
        ("hit", Hit),
        ("failure", Failure),
        ("warning", Warning),
        ("term", Term),
        ("term_of_path", Term),
        ("term_of_item", Term),
        ("term_of_vector", Term),
        ("logged_query", LoggedQuery),
        ("filter", Filter),
    ],
)
def test_a_sample_is_the_same_after_reading_and_writing(name: str, shape: Any) -> None:
    same(shape.from_json(sample(name)).to_json(), sample(name))


def test_a_search_result_is_hits_and_warnings() -> None:
    result = SearchResult(
        (Hit.from_json(sample("hit")),), (Warning("text_truncated", sample("warning")["message"]),)
    )
    same(result.to_json(), sample("search_result"))


def test_a_reembed_report_is_two_models_and_what_became_of_the_items() -> None:
    found = sample("reembed_report")
    report = ReembedReport(
        path=found["path"],
        before=Model(**found["before"]),
        model=Model(**found["model"]),
        items=found["items"],
        embedded=found["embedded"],
        copied=found["copied"],
        done_before=found["done_before"],
        failures=tuple(map(Failure.from_json, found["failures"])),
        warnings=tuple(map(Warning.from_json, found["warnings"])),
        swapped=found["swapped"],
        left_out=found["left_out"],
        seconds=found["elapsed_seconds"],
    )
    same(report.to_json(), found)


def test_an_explanation_is_layers_and_what_the_kind_has_to_say() -> None:
    found = sample("explanation")
    explanation = Explanation(
        found["kind"],
        found["search"],
        found["rows"],
        found["allowed_rows"],
        found["settings"],
        tuple(Layer(**layer) for layer in found["layers"]),
        found["seconds"],
        {"searches": 1},
    )
    same(explanation.to_json(), found)


def test_a_check_says_of_each_hit_whether_it_is_right_and_which_were_missed() -> None:
    found = sample("recall_check")
    missed = Hit.from_json(found["missed"][0])
    check = RecallCheck(found["recall"], found["k"], tuple(found["correct"]), (missed,))
    same(check.to_json(), found)
    result = SearchResult((missed,), (), None, check)
    same(result.to_json(), {"hits": found["missed"], "warnings": [], "explanation": None, "check": found})


def test_facets_are_values_and_their_counts() -> None:
    found = sample("facets")
    facets = Facets(tuple(map(Facet.from_json, found["facets"])), found["total"], found["without"])
    same(facets.to_json(), found)


def test_the_filter_of_the_sample_is_what_it_says_in_words() -> None:
    assert Filter.from_json(sample("filter")) == Filter.parse(
        "year >= 2020 and (camera like 'Canon%' or tag in ('red', 7, 2.5, true)) and not has gps"
        ' and near(48.1375, -11.575, 20) and taken < 2020-05-13T13:21:58 and exif."größe.x" is null'
        " and note contains 'dog' and path glob '2021/*' and metadata.width != 9007199254740993"
        " and (draft = false or score <= 0.5 or id > 'a')"
    )


def test_a_model_is_a_name_a_fingerprint_and_a_dimension() -> None:
    same(Model(**sample("model")).to_json(), sample("model"))


def test_a_task_is_a_file_and_the_hash_that_is_known() -> None:
    same(Task(**sample("task")).to_json(), sample("task"))


def test_a_plan_is_counts_roots_and_problems() -> None:
    plan = Plan([Root("Pictures", "/home/ann/Pictures")], [Failure.from_json(sample("plan")["problems"][0])])
    plan.todo, plan.unchanged, plan.failed_before = 1, 2, 1
    same(plan.to_json(), sample("plan"))


def test_a_record_without_a_text_keeps_the_one_there_is() -> None:
    found = sample("record")
    record = Record.from_json(found)
    assert record.vectors == (("image", 0),)
    assert (record.id, record.facts["sha256"], record.facts["width"]) == (
        found["id"],
        found["sha256"],
        found["width"],
    )
    assert record == Record.from_json(found)
    assert record != Record.from_json(found | {"text": None})


def test_an_index_report_is_counts_failures_and_roots() -> None:
    found = sample("index_report")
    names = (*(name for name, value in found.items() if type(value) is int), "elapsed_seconds")
    report = IndexReport(
        **{name: found[name] for name in names},
        failures=(Failure.from_json(found["failures"][0]),),
        roots=(Root("Pictures", "/home/ann/Pictures"),),
    )
    same(report.to_json(), found)
    taken = (report.added, report.updated, report.moved, report.unchanged, report.failed_before)
    assert report.found == sum(taken) + len(report.failures)


def test_a_prune_report_is_the_ids_and_what_was_left_alone() -> None:
    found = sample("prune_report")
    same(PruneReport(tuple(found["ids"]), found["returned"], found["dry_run"]).to_json(), found)


def test_what_is_known_of_a_collection() -> None:
    found = sample("collection_info")
    same(CollectionInfo(**{**found, "model": Model(**found["model"])}).to_json(), found)


def test_stats_have_the_keys_of_the_sample(tmp_path: Path) -> None:
    holdings = Holdings(make(tmp_path / "photos"))
    put(holdings, "a")
    stats = holdings.stats()
    holdings.close()
    assert _keys(stats) == _keys(sample("stats") | {"roots": []})
    assert {name: type(value) for name, value in stats.items()} == {
        name: type(value) for name, value in sample("stats").items()
    }


def test_hard_strings_are_what_they_are() -> None:
    strings = sample("strings")
    assert "high surrogate \ud83d alone" in strings
    assert "nul \0 inside" in strings
    assert json.loads(json.dumps(strings)) == strings


def test_every_sample_is_ascii() -> None:
    for file in SHAPES.glob("*.json"):
        assert file.read_bytes().isascii(), file.name


def _keys(found: Any) -> Any:
    return {name: _keys(value) for name, value in found.items()} if isinstance(found, dict) else None
