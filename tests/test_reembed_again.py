"""What can't be embedded anew, and runs that go on from others."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
import random_checkpoint
from drawn_pictures import draw, encoded, picture
from pixie.disk import disk_full
from pixie.embedder import Embedder
from pixie.lock import WriterLock
from pixie.manifest import Manifest
from reembed_fixtures import Counting, assert_vectors_are_of, by_id, make_photos, records, sound

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


@pytest.fixture
def holed(photos: Path) -> Path:
    """That collection without the file of a picture, and of the picture that has words."""
    (photos.parent / "Pictures" / "2.png").unlink()
    (photos.parent / "both.png").unlink()
    return photos


# What can't be embedded again


def test_a_picture_that_is_gone_leaves_the_old_model(
    holed: Path, tiny: Path, other: Path, counted: Counting
) -> None:
    items = records(holed)
    report = pixie.reembed(holed, other)
    assert (report.swapped, report.embedded) == (False, 6)
    assert {(failure.id, failure.code) for failure in report.failures} == {
        ("Pictures/2.png", "missing"),
        ("both", "missing"),
    }
    assert records(holed) == items
    assert Manifest.read(holed).model.fingerprint == Embedder.load(str(tiny)).fingerprint
    with pixie.open(holed) as opened:
        assert opened.search("only words")[0].id == "words"
    counted.taken()
    draw(holed.parent / "again", 5)
    shutil.copy(holed.parent / "again" / "2.png", holed.parent / "Pictures" / "2.png")
    picture(77).save(holed.parent / "both.png")
    report = pixie.reembed(holed, other)
    assert (report.swapped, report.embedded, report.done_before) == (True, 2, 6)
    # The words of "both" were made the first time.
    assert counted.taken() == (2, 0)
    assert records(holed) == items
    assert_vectors_are_of(holed, other)


def test_skipping_what_fails_keeps_what_can_be_and_lists_the_rest(holed: Path, other: Path) -> None:
    known = {identifier: by_id(holed, identifier) for identifier in ("Pictures/2.png", "both")}
    report = pixie.reembed(holed, other, skip_failed=True)
    assert report.swapped
    assert report.left_out is not None
    with pixie.open(holed, read_only=True) as opened:
        assert len(opened) == 7
        assert {failure.id: failure.code for failure in opened.failures()} == {
            "Pictures/2.png": "missing",
            "both": "missing",
        }
        both = opened.get("both")
        assert both is not None
        assert (both.vectors, both.text) == (("text",), known["both"].text)
    assert sound(holed)
    with open(report.left_out, encoding="ascii") as file:
        lines = [json.loads(line) for line in file]
    assert {line["id"]: line["added"] for line in lines} == {name: item.added for name, item in known.items()}


def test_what_was_left_out_comes_back_with_its_file(holed: Path, other: Path) -> None:
    with pixie.open(holed) as opened:
        opened.set_metadata("Pictures/2.png", values={"tag": "kept"})
    report = pixie.reembed(holed, other, skip_failed=True)
    draw(holed.parent / "again", 5)
    shutil.copy(holed.parent / "again" / "2.png", holed.parent / "Pictures" / "2.png")
    picture(77).save(holed.parent / "both.png")
    assert report.left_out is not None
    with pixie.open(holed) as opened:
        back = opened.import_table(report.left_out)
        assert (back.added, back.updated, back.failures) == (1, 1, ())
        assert opened.failures() == []
        assert by_id(holed, "Pictures/2.png").metadata == {"tag": "kept"}
        assert set(by_id(holed, "both").vectors) == {"image", "text"}
    assert_vectors_are_of(holed, other)


def test_a_picture_is_taken_from_a_copy_when_its_own_file_is_gone(photos: Path, other: Path) -> None:
    items = records(photos)
    (photos.parent / "Pictures" / "0.png").unlink()
    report = pixie.reembed(photos, other)
    assert (report.swapped, report.failures) == (True, ())
    assert records(photos) == items
    shutil.copy(photos.parent / "Pictures" / "copy.png", photos.parent / "Pictures" / "0.png")
    assert_vectors_are_of(photos, other)


def test_a_file_that_changed_is_embedded_as_it_is_now(photos: Path, other: Path, counted: Counting) -> None:
    changed = photos.parent / "Pictures" / "1.png"
    picture(99).save(changed)
    (photos.parent / "Pictures" / "2.png").unlink()
    assert not pixie.reembed(photos, other).swapped
    counted.taken()
    assert pixie.reembed(photos, other, skip_failed=True).swapped
    assert counted.taken() == (0, 0)
    assert_vectors_are_of(photos, other)
    item = by_id(photos, "Pictures/1.png")
    assert (item.size, item.mtime_ns) == (changed.stat().st_size, changed.stat().st_mtime_ns)
    assert item.metadata == {"tag": "red"}
    assert sound(photos)


def test_a_copy_keeps_its_vector_when_the_first_of_its_content_has_changed(photos: Path, other: Path) -> None:
    picture(99).save(photos.parent / "Pictures" / "0.png")
    # The content of both is in the copy still; index takes the change up.
    pixie.reembed(photos, other)
    assert_vector_of(photos, other, "Pictures/copy.png", photos.parent / "Pictures" / "copy.png")
    assert_vector_of(photos, other, "Pictures/0.png", photos.parent / "Pictures" / "copy.png")
    with pixie.open(photos) as opened:
        assert opened.index(photos.parent / "Pictures").updated == 1
    assert_vectors_are_of(photos, other)


def test_of_a_content_that_is_nowhere_each_file_counts_for_itself(photos: Path, other: Path) -> None:
    picture(98).save(photos.parent / "Pictures" / "0.png")
    picture(99).save(photos.parent / "Pictures" / "copy.png")
    assert pixie.reembed(photos, other).swapped
    assert_vectors_are_of(photos, other)


def assert_vector_of(folder: Path, model: Path, identifier: str, file: Path) -> None:
    with pixie.open(folder, read_only=True) as opened:
        part = opened.holdings.part_of(identifier, 1.0)
    np.testing.assert_allclose(part.vector, Embedder.load(str(model)).embed_images([file])[0], atol=1e-5)


def test_an_item_with_nothing_but_a_vector_is_named(photos: Path, other: Path) -> None:
    with pixie.open(photos) as opened:
        opened.add(pixie.Item("bytes", image=encoded(55), text="of bytes"))
    report = pixie.reembed(photos, other)
    (failure,) = report.failures
    assert (report.swapped, failure.id, failure.code) == (False, "bytes", "empty")
    assert "was not kept" in failure.message
    assert pixie.reembed(photos, other, skip_failed=True).swapped
    assert by_id(photos, "bytes").vectors == ("text",)
    assert sound(photos)


def test_a_missing_item_whose_file_is_there_stays_missing(photos: Path, other: Path) -> None:
    pictures = photos.parent / "Pictures"
    pictures.rename(photos.parent / "away")
    with pixie.open(photos) as opened:
        assert opened.index(pictures).missing == 6
    assert len(pixie.reembed(photos, other).failures) == 6
    (photos.parent / "away").rename(pictures)
    items = records(photos)
    assert pixie.reembed(photos, other).swapped
    assert records(photos) == items
    assert by_id(photos, "Pictures/3.png").missing is not None


# Between two runs


def test_what_changed_between_two_runs_is_done_and_nothing_else(
    holed: Path, other: Path, counted: Counting
) -> None:
    pixie.reembed(holed, other)
    with pixie.open(holed) as opened:
        opened.remove("Pictures/2.png", "both", "Pictures/4.png")
        opened.add(id="words", text="other words")
        opened.add(id="new", text="new words")
        opened.set_metadata("Pictures/1.png", values={"tag": "blue"})
    counted.taken()
    items = records(holed)
    report = pixie.reembed(holed, other)
    assert (report.swapped, report.embedded, report.done_before) == (True, 2, 4)
    assert counted.taken() == (0, 2)
    assert records(holed) == items
    assert_vectors_are_of(holed, other)
    assert sound(holed)


def test_another_model_begins_anew(holed: Path, other: Path, tmp_path: Path, counted: Counting) -> None:
    third = random_checkpoint.write_checkpoint(tmp_path / "third", "tiny", seed=3)
    pixie.reembed(holed, other)
    counted.taken()
    report = pixie.reembed(holed, third, skip_failed=True)
    assert (report.swapped, report.done_before) == (True, 0)
    assert_vectors_are_of(holed, third)


def test_the_collections_own_model_takes_unfinished_work_away(holed: Path, tiny: Path, other: Path) -> None:
    pixie.reembed(holed, other)
    assert (holed / "unfinished-reembed").is_dir()
    assert not pixie.reembed(holed, tiny).needed
    assert not (holed / "unfinished-reembed").exists()


@pytest.mark.parametrize("damage", ["vectors.f32", "items.sqlite", "model.json"])
def test_unfinished_work_that_is_damaged_is_begun_anew(holed: Path, other: Path, damage: str) -> None:
    pixie.reembed(holed, other)
    (file,) = (holed / "unfinished-reembed").rglob(damage)
    file.write_bytes(file.read_bytes()[:100].replace(b"SQLite", b"NoLite").replace(b"{", b"["))
    report = pixie.reembed(holed, other, skip_failed=True)
    assert (report.swapped, report.done_before) == (True, 0)
    assert_vectors_are_of(holed, other)
    assert sound(holed)


def test_a_swap_that_fails_leaves_all_as_it_was_and_is_made_by_the_next_run(
    holed: Path, other: Path, counted: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = records(holed)
    with monkeypatch.context() as patched:
        # As late as can be: the manifest that would make it count can't be written.
        patched.setattr(Manifest, "write", _no_room)
        with pytest.raises(pixie.CollectionError, match="no room"):
            pixie.reembed(holed, other, skip_failed=True)
    assert records(holed) == items
    assert pixie.verify(holed, full=True).sound
    assert list(holed.glob("left-out-*")) == []
    with pixie.open(holed) as opened:
        assert opened.search("only words")[0].id == "words"
    counted.taken()
    report = pixie.reembed(holed, other, skip_failed=True)
    assert (report.swapped, report.done_before) == (True, 6)
    assert counted.taken() == (0, 0)
    assert len(list(holed.glob("left-out-*"))) == 1
    assert sound(holed)


def test_a_program_that_ended_in_the_midst_of_the_swap_lost_nothing(
    holed: Path, other: Path, counted: Counting
) -> None:
    pixie.reembed(holed, other)
    # What is left when it ends after the new files have their place and before collection.json names them.
    (holed / "unfinished-reembed" / "data").rename(holed / "edition-2")
    counted.taken()
    with pixie.open(holed) as opened:
        assert opened.search("only words")[0].id == "words"
    counted.taken()
    report = pixie.reembed(holed, other, skip_failed=True)
    assert (report.swapped, report.done_before) == (True, 6)
    assert counted.taken() == (0, 0)
    assert sound(holed)


def test_what_was_left_out_is_kept_when_a_run_ends_after_the_swap(
    holed: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_: Path, swapped_in: Manifest) -> None:
        if swapped_in.edition > 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pixie.open_folder.sweep", end)
        with pytest.raises(KeyboardInterrupt):
            pixie.reembed(holed, other, skip_failed=True)
    assert Manifest.read(holed).model.dimension == 24
    assert len(list(holed.glob("left-out-*"))) == 1
    assert sound(holed)


def _no_room(found: Manifest, folder: Path) -> None:
    raise disk_full(folder, f"nothing of {found.name}")


def test_a_full_disk_is_said_before_anything_is_embedded(
    photos: Path, other: Path, counted: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(photos)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=9 * 4 * 24 - 1))
    with pytest.raises(pixie.CollectionError) as caught:
        pixie.reembed(photos, other)
    assert caught.value.code == "disk_full"
    assert counted.taken() == (0, 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=9 * 4 * 24))
    assert pixie.reembed(photos, other).swapped


# Who else has it open


def test_a_collection_that_is_written_is_refused_naming_the_writer(photos: Path, other: Path) -> None:
    lock = WriterLock(photos)
    try:
        with pytest.raises(pixie.CollectionError) as caught:
            pixie.reembed(photos, other)
        assert caught.value.code == "locked"
    finally:
        lock.release()
    assert str(photos) in caught.value.message
    assert not (photos / "unfinished-reembed").exists()


def test_a_collection_that_is_not_there_is_refused(tmp_path: Path, other: Path) -> None:
    with pytest.raises(pixie.CollectionError) as caught:
        pixie.reembed(tmp_path / "nowhere", other)
    assert caught.value.code == "missing"
    assert not (tmp_path / "nowhere").exists()


def test_unfinished_work_goes_with_its_collection(holed: Path, other: Path) -> None:
    pixie.reembed(holed, other)
    (holed / "mine.txt").write_text("x")
    pixie.delete_collection(holed)
    assert [entry.name for entry in holed.iterdir()] == ["mine.txt"]
