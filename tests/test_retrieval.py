"""Search by meaning with the demo model, over drawings in a style that it was never trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pixie

if TYPE_CHECKING:
    from collections.abc import Iterator

UNSEEN = Path(__file__).parent / "data" / "pictures_unseen"
QUERIES: dict[str, list[str]] = json.loads((UNSEEN / "queries.json").read_text(encoding="utf-8"))
NAMES = [query for query, right in QUERIES.items() if right == [f"{query.replace(' ', '-')}.png"]]
DESCRIPTIONS = [query for query in QUERIES if query not in NAMES]


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pixie.Collection]:
    folder = tmp_path_factory.mktemp("retrieval") / "collection"
    with pixie.open(str(folder), model="demo") as collection:
        report = collection.index(UNSEEN)
        assert report.failures == ()
        yield collection


def share_found(collection: pixie.Collection, queries: list[str], k: int) -> float:
    """Share of the queries with a right picture among the k best."""
    found = 0
    for query in queries:
        names = {hit.id.removeprefix(f"{UNSEEN.name}/") for hit in collection.search(query, k=k)}
        found += bool(names & set(QUERIES[query]))
    return found / len(queries)


def test_a_name_finds_its_drawing_in_an_unseen_style(unseen: pixie.Collection) -> None:
    assert len(NAMES) >= 80
    # Chance is 5 in 104.
    assert share_found(unseen, NAMES, k=5) >= 0.8


def test_a_description_that_is_no_name_finds_a_right_drawing(unseen: pixie.Collection) -> None:
    assert len(DESCRIPTIONS) >= 15
    assert share_found(unseen, DESCRIPTIONS, k=5) >= 0.75


def test_a_drawing_in_another_style_finds_the_same_thing(unseen: pixie.Collection) -> None:
    examples = Path(__file__).parents[1] / "examples" / "pictures"
    shared = sorted(
        {path.name for path in examples.glob("*.png")} & {path.name for path in UNSEEN.glob("*.png")}
    )
    assert len(shared) >= 50
    found = 0
    for name in shared:
        hits = unseen.search(pixie.Term.image(examples / name), k=5)
        found += f"{UNSEEN.name}/{name}" in {hit.id for hit in hits}
    assert found / len(shared) >= 0.75


def test_taking_a_term_away_takes_its_drawing_down(unseen: pixie.Collection) -> None:
    def rank(terms: list[pixie.Term]) -> int:
        return [hit.id for hit in unseen.search(terms, k=104)].index(f"{UNSEEN.name}/cat.png")

    animal = pixie.Term.text("animal")
    assert rank([animal, pixie.Term.text("cat", weight=-1.0)]) > rank([animal])
