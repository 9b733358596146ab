"""Making all vectors of a collection anew with another model: what stays, and what is made."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

import pixie
from pixie.manifest import Manifest
from reembed_fixtures import Counting, assert_vectors_are_of, make_photos, records, sound, tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photos(tmp_path: Path, tiny: Path) -> Path:
    return make_photos(tmp_path, tiny)


@pytest.fixture
def counted(photos: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    # Named after photos, so that what makes these is not counted.
    assert photos.is_dir()
    return Counting(monkeypatch)


def test_all_vectors_are_made_anew_and_all_else_stays(photos: Path, other: Path) -> None:
    (photos.parent / "Pictures" / "broken.png").write_text("no picture")
    (photos.parent / "rows.csv").write_text("id,image\nlost,gone.png\n")
    with pixie.open(photos) as opened:
        opened.index(photos.parent / "Pictures")
        opened.import_table(photos.parent / "rows.csv")
    items, others = records(photos), tables(photos)
    assert {name: len(rows) for name, rows in others.items()} == {"roots": 1, "failures": 1, "failed_rows": 1}
    before = Manifest.read(photos)
    report = pixie.reembed(photos, other)
    assert (report.swapped, report.items, report.embedded, report.failures) == (True, 8, 8, ())
    assert (report.before, report.model.dimension) == (before.model, 24)
    assert records(photos) == items
    assert tables(photos) == others
    after = Manifest.read(photos)
    assert (after.name, after.created, after.settings) == (before.name, before.created, before.settings)
    assert after.model == report.model
    assert_vectors_are_of(photos, other)
    assert sound(photos)


def test_the_collection_is_written_and_searched_with_the_new_model(photos: Path, other: Path) -> None:
    pixie.reembed(photos, other)
    with pixie.open(photos, other) as opened:
        assert opened.search(pixie.Term.image(photos.parent / "Pictures" / "3.png"))[0].id == "Pictures/3.png"
        report = opened.index(photos.parent / "Pictures")
        assert (report.added, report.unchanged) == (0, 6)
        opened.add(id="later", text="words of later")
        assert opened.search("words of later")[0].id == "later"
    assert sound(photos)


def test_equal_pictures_go_through_the_model_once(photos: Path, other: Path, counted: Counting) -> None:
    report = pixie.reembed(photos, other)
    assert counted.taken() == (6, 2)
    assert (report.embedded, report.copied) == (8, 1)


def test_progress_counts_every_item_once(photos: Path, other: Path) -> None:
    said: list[pixie.Progress] = []
    pixie.reembed(photos, other, progress=said.append, batch_size=2)
    assert {each.total for each in said} == {8}
    assert (said[-1].done, said[-1].failed, said[-1].skipped) == (8, 0, 0)
    assert all(one.done <= next_.done for one, next_ in itertools.pairwise(said))


def test_the_same_model_is_nothing_to_do(photos: Path, tiny: Path, counted: Counting) -> None:
    items = records(photos)
    report = pixie.reembed(photos, tiny)
    assert (report.needed, report.swapped, report.items, report.done_before) == (False, False, 8, 8)
    assert counted.taken() == (0, 0)
    assert records(photos) == items
    assert report.to_json()["before"] == report.to_json()["model"]


def test_there_and_back_gives_the_vectors_of_before(photos: Path, tiny: Path, other: Path) -> None:
    items = records(photos)
    assert pixie.reembed(photos, other).swapped
    assert pixie.reembed(photos, tiny).swapped
    assert records(photos) == items
    assert_vectors_are_of(photos, tiny)
    assert sound(photos)


def test_settings_stay_and_what_was_tuned_goes(photos: Path, other: Path) -> None:
    with pixie.open(photos) as opened:
        opened.reindex("kmeans", {"seed": 3})
    found = Manifest.read(photos)
    found.settings["index"]["tuned"] = {"image": {"probes": 3}}
    found.settings["description"] = "mine"
    found.write(photos)
    pixie.reembed(photos, other)
    assert Manifest.read(photos).settings == {"index": {"kind": "kmeans", "seed": 3}, "description": "mine"}


def test_an_index_large_enough_is_there_when_it_is_swapped_in(
    tmp_path: Path, tiny: Path, other: Path
) -> None:
    folder = tmp_path / "words"
    with pixie.open(folder, tiny) as opened:
        opened.reindex("lsh", {"exact_below": 50})
        opened.add_all([pixie.Item(str(number), text=f"words {number}") for number in range(80)])
    pixie.reembed(folder, other)
    with pixie.open(folder, read_only=True) as opened:
        assert opened.stats()["index"]["search"] == "layers"
        assert opened.search("words 7")[0].id == "7"
    assert sound(folder)


def test_past_queries_are_kept_without_their_vectors(photos: Path, other: Path) -> None:
    with pixie.open(photos) as opened:
        opened.search("only words")
    pixie.reembed(photos, other)
    with pixie.open(photos, read_only=True) as opened:
        assert [query.terms for query in opened.log().queries] == [("only words",)]
        assert len(opened.holdings.queries.vectors("text", 10)) == 0
        opened.search("other words")
        assert opened.holdings.queries.vectors("text", 10).shape == (1, 24)
