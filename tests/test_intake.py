"""Pictures and texts in: single items, streams of them, and folders, through a real model."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import pixie
from drawn_pictures import draw, picture
from pixie import Item, Term

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ids(hits: pixie.SearchResult) -> list[str]:
    return [hit.id for hit in hits]


# Adding


def test_an_item_with_picture_and_text_is_found_by_both(photos: pixie.Collection, drawings: Path) -> None:
    item = Item("both", path=drawings / "0.png", text="a red square", metadata={"year": 2020})
    assert photos.add(item) == pixie.AddReport(added=1, updated=0)
    photos.add(id="other", text="something else")
    stored = photos.get("both")
    assert stored is not None
    assert (stored.path, stored.text, stored.metadata) == (
        str(drawings / "0.png"),
        "a red square",
        {"year": 2020},
    )
    assert (stored.width, stored.height, stored.size) == (48, 40, (drawings / "0.png").stat().st_size)
    assert stored.mtime_ns == (drawings / "0.png").stat().st_mtime_ns
    assert stored.vectors == ("image", "text")
    by_text, by_picture = (
        photos.search("a red square", k=1)[0],
        photos.search(Term.image(drawings / "0.png"), k=1)[0],
    )
    assert (by_text.id, by_text.modality) == ("both", "text")
    assert (by_picture.id, by_picture.modality) == ("both", "image")
    for hit in (by_text, by_picture):
        assert hit.score == pytest.approx(1.0, abs=1e-5)


def test_a_picture_is_the_same_however_it_is_given(photos: pixie.Collection, drawings: Path) -> None:
    photos.add(id="path", path=drawings / "2.png")
    photos.add(id="bytes", image=(drawings / "2.png").read_bytes())
    photos.add(id="pillow", image=Image.open(drawings / "2.png"))
    for hit in photos.search(Term.item("path"), k=5):
        assert hit.score == pytest.approx(1.0, abs=1e-5)
        assert hit.path is None
    assert photos.get("bytes").width == 48


def test_a_relative_path_is_kept_absolute(
    photos: pixie.Collection, drawings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(drawings)
    photos.add(id="a", path="0.png")
    assert photos.get("a").path == str(drawings / "0.png")


def test_an_item_replaces_all_of_the_one_with_its_id(photos: pixie.Collection, drawings: Path) -> None:
    photos.add(id="a", path=drawings / "0.png", text="old words", metadata={"old": True})
    assert photos.add(id="a", text="new words") == pixie.AddReport(added=0, updated=1)
    item = photos.get("a")
    assert (item.path, item.text, item.metadata, item.vectors) == (None, "new words", {}, ("text",))
    assert len(photos) == 1
    assert photos.search("old words", min_score=0.999).hits == ()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"path": "missing.png"}, "missing"),
        ({"path": "notes.txt"}, "not_an_image"),
        ({"path": "empty.png"}, "empty"),
        ({"path": "half.png"}, "truncated"),
        ({"image": b"no picture"}, "not_an_image"),
        ({}, "empty"),
    ],
)
def test_add_takes_all_items_or_none(
    photos: pixie.Collection,
    drawings: Path,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, object],
    code: str,
) -> None:
    monkeypatch.chdir(drawings)
    (drawings / "notes.txt").write_text("no picture at all")
    (drawings / "empty.png").touch()
    (drawings / "half.png").write_bytes((drawings / "0.png").read_bytes()[:60])
    with pytest.raises(pixie.InvalidInputError) as caught:
        photos.add(Item("good", text="fine"), Item("bad", **fields))
    assert caught.value.item == "bad"
    assert caught.value.code == code
    assert len(photos) == 0


def test_add_all_names_what_it_skips(photos: pixie.Collection, drawings: Path) -> None:
    items = [Item(f"picture-{number}", path=drawings / f"{number}.png") for number in range(6)]
    items[2:2] = [Item("gone", path=drawings / "gone.png"), Item("nothing")]
    seen: list[pixie.Progress] = []
    report = photos.add_all(iter(items), progress=seen.append, batch_size=3)
    assert (report.added, report.updated) == (6, 0)
    assert [(failure.id, failure.code) for failure in report.failures] == [
        ("gone", "missing"),
        ("nothing", "empty"),
    ]
    assert report.failures[0].path == str(drawings / "gone.png")
    assert [(progress.done, progress.failed) for progress in seen] == [(2, 1), (4, 2), (6, 2)]
    assert {progress.total for progress in seen} == {None}
    assert photos.failures() == []


def test_a_long_text_is_taken_in_with_a_warning_that_names_it(photos: pixie.Collection) -> None:
    report = photos.add_all([Item("short", text="a dog"), Item("long", text="dog " * 500)])
    assert [(warning.code, warning.item) for warning in report.warnings] == [("text_truncated", "long")]
    assert report.added == 2
    answer = photos.search("dog " * 500)
    assert [warning.code for warning in answer.warnings] == ["text_truncated"]
    assert photos.search("a dog").warnings == ()


def test_what_a_broken_source_gave_before_is_kept(photos: pixie.Collection) -> None:
    def items() -> Iterator[Item]:
        for number in range(100):
            yield Item(f"{number:03}", text=f"text {number}")
            if number == 40:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        photos.add_all(items(), batch_size=5)
    assert 0 < len(photos) <= 40
    assert len(photos) % 5 == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": ""}, "id is empty"),
        ({"id": None}, "id is None"),
        ({"id": "a", "text": "\n "}, "text of item 'a' is blank"),
        ({"id": "a", "text": 7}, "text of item 'a' is a int"),
        ({"id": "a", "path": "p", "image": b"i"}, "'a' has a path and an image"),
        ({"id": "a", "metadata": {"k": {1}}}, "set under 'k'"),
    ],
)
def test_an_item_that_makes_no_sense_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(pixie.InvalidInputError, match=said):
        Item(**fields)


@pytest.mark.parametrize("size", [0, -1, True, 1.5])
def test_a_batch_of_nothing_is_refused(photos: pixie.Collection, size: int) -> None:
    with pytest.raises(pixie.InvalidInputError, match="batch_size"):
        photos.add_all([], batch_size=size)


# Indexing folders


def test_a_folder_is_indexed_once(photos: pixie.Collection, drawings: Path) -> None:
    (drawings / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    seen: list[pixie.Progress] = []
    report = photos.index(drawings, progress=seen.append, batch_size=4)
    assert (report.found, report.added, report.updated, report.unchanged) == (7, 6, 0, 0)
    assert [(failure.id, failure.code) for failure in report.failures] == [
        ("Pictures/broken.jpg", "truncated")
    ]
    assert (seen[-1].done, seen[-1].failed, seen[-1].skipped, seen[-1].total) == (6, 1, 0, 7)
    assert photos.failures() == list(report.failures)
    assert photos.search(Term.image(drawings / "3.png"), k=1)[0].id == "Pictures/3.png"
    again = photos.index(drawings)
    assert (again.found, again.added, again.unchanged, again.failed_before) == (7, 0, 6, 1)
    assert photos.index(drawings, retry_failed=True).failures == report.failures


def test_a_changed_file_is_embedded_anew_and_a_touched_one_is_not(
    photos: pixie.Collection, drawings: Path
) -> None:
    photos.index(drawings)
    shutil.copy(drawings / "0.png", drawings / "1.png")
    os.utime(drawings / "2.png", ns=(5, 5))
    report = photos.index(drawings)
    assert (report.added, report.updated, report.unchanged) == (0, 1, 5)
    assert photos.stats()["dead_rows"] == 1
    assert photos.get("Pictures/2.png").mtime_ns == 5
    score = photos.search(Term.item("Pictures/0.png"), k=1)[0]
    assert (score.id, score.score) == ("Pictures/1.png", pytest.approx(1.0, abs=1e-5))
    assert photos.index(drawings).unchanged == 6


def test_a_caption_survives_a_change_of_its_picture(photos: pixie.Collection, drawings: Path) -> None:
    photos.index(drawings)
    photos.add(id="Pictures/0.png", path=drawings / "0.png", text="my cat", metadata={"stars": 5})
    picture(99).save(drawings / "0.png")
    assert photos.index(drawings).updated == 1
    item = photos.get("Pictures/0.png")
    assert (item.text, item.metadata, item.vectors) == ("my cat", {"stars": 5}, ("image", "text"))
    assert photos.search("my cat", k=1)[0].id == "Pictures/0.png"


def test_a_name_that_is_not_utf8_is_indexed_and_searched(photos: pixie.Collection, tmp_path: Path) -> None:
    folder = draw(tmp_path / "Odd", 1)
    (folder / "0.png").rename(folder / "\udcff\udce4.png")
    assert photos.index(folder).added == 1
    assert [hit.id for hit in photos.search(Term.image(folder / "\udcff\udce4.png"))] == [
        "Odd/\udcff\udce4.png"
    ]


def test_an_interrupted_run_goes_on_where_it_stopped(photos: pixie.Collection, tmp_path: Path) -> None:
    folder = draw(tmp_path / "Many", 20)

    def interrupt(progress: pixie.Progress) -> None:
        if progress.done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        photos.index(folder, progress=interrupt, batch_size=4)
    assert len(photos) == 8
    assert photos.index(folder).added == 12
