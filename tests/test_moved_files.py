"""Files that were moved, renamed or copied: their vectors stay what they are, bit for bit, and unembedded."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import numpy as np

import pixie
from drawn_pictures import draw, picture
from pixie import Item, Term

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


def vector(photos: pixie.Collection, identifier: str) -> npt.NDArray[np.float32]:
    return photos.holdings.part_of(identifier, 1.0).vector


def embedded(report: pixie.IndexReport) -> int:
    """How many pictures went through the model."""
    return report.added + report.updated - report.copied


def ids(photos: pixie.Collection) -> list[str]:
    return [item.id for item in photos.items()]


def test_a_renamed_file_is_the_same_item_under_its_new_id(photos: pixie.Collection, drawings: Path) -> None:
    photos.index(drawings)
    photos.add(Item("Pictures/3.png", drawings / "3.png", text="blocks", metadata={"stars": 5}))
    before, was = photos.get("Pictures/3.png"), vector(photos, "Pictures/3.png")
    (drawings / "2020").mkdir()
    (drawings / "3.png").rename(drawings / "2020" / "best.png")

    report = photos.index(drawings)

    assert (report.moved, report.added, report.removed, report.unchanged) == (1, 0, 0, 5)
    assert embedded(report) == 0
    after = photos.get("Pictures/2020/best.png")
    assert before is not None
    assert after is not None
    assert photos.get("Pictures/3.png") is None
    assert (after.text, after.metadata, after.added) == ("blocks", {"stars": 5}, before.added)
    assert (after.path, after.vectors) == (str(drawings / "2020" / "best.png"), ("image", "text"))
    np.testing.assert_array_equal(vector(photos, "Pictures/2020/best.png"), was)
    assert photos.search("blocks", k=1)[0].id == "Pictures/2020/best.png"
    assert photos.index(drawings).unchanged == 6


def test_a_copy_is_an_item_of_its_own_with_the_same_vector(photos: pixie.Collection, drawings: Path) -> None:
    photos.index(drawings)
    photos.add(Item("Pictures/3.png", drawings / "3.png", text="blocks"))
    shutil.copy(drawings / "3.png", drawings / "copy.png")

    report = photos.index(drawings)

    assert (report.added, report.copied, report.moved) == (1, 1, 0)
    copied, original = photos.get("Pictures/copy.png"), photos.get("Pictures/3.png")
    assert copied is not None
    assert original is not None
    assert (copied.sha256, copied.width, copied.format) == (original.sha256, 48, "PNG")
    assert (copied.text, original.text) == (None, "blocks")
    np.testing.assert_array_equal(vector(photos, "Pictures/copy.png"), vector(photos, "Pictures/3.png"))
    found = {hit.id for hit in photos.search(Term.image(drawings / "3.png"), k=2)}
    assert found == {"Pictures/3.png", "Pictures/copy.png"}


def test_files_that_changed_places_change_vectors(photos: pixie.Collection, drawings: Path) -> None:
    photos.index(drawings)
    first, second = vector(photos, "Pictures/0.png").copy(), vector(photos, "Pictures/1.png").copy()
    sizes = {(drawings / name).stat().st_size for name in ("0.png", "1.png")}
    (drawings / "0.png").rename(drawings / "aside")
    (drawings / "1.png").rename(drawings / "0.png")
    (drawings / "aside").rename(drawings / "1.png")
    for name in ("0.png", "1.png"):
        os.utime(drawings / name)

    # A commit each: the first one's own vector is dead when the second asks for it.
    report = photos.index(drawings, batch_size=1)

    assert sizes
    assert (report.updated, report.copied) == (2, 2)
    np.testing.assert_array_equal(vector(photos, "Pictures/0.png"), second)
    np.testing.assert_array_equal(vector(photos, "Pictures/1.png"), first)


def test_a_file_that_takes_the_place_of_another_takes_its_vector_along(
    photos: pixie.Collection, drawings: Path
) -> None:
    photos.index(drawings)
    moved = vector(photos, "Pictures/5.png").copy()
    (drawings / "5.png").replace(drawings / "0.png")
    report = photos.index(drawings)
    assert (report.updated, report.copied, report.removed) == (1, 1, 1)
    np.testing.assert_array_equal(vector(photos, "Pictures/0.png"), moved)
    assert "Pictures/5.png" not in ids(photos)


def test_a_reorganised_folder_is_moved_and_nothing_of_it_is_missing(
    photos: pixie.Collection, drawings: Path
) -> None:
    photos.index(drawings)
    vectors = {number: vector(photos, f"Pictures/{number}.png").copy() for number in range(6)}
    (drawings / "all").mkdir()
    for number in range(6):
        (drawings / f"{number}.png").rename(drawings / "all" / f"{number}.png")
    report = photos.index(drawings, batch_size=2)
    assert (report.moved, report.added, report.removed, report.missing) == (6, 0, 0, 0)
    for number, was in vectors.items():
        np.testing.assert_array_equal(vector(photos, f"Pictures/all/{number}.png"), was)


def test_two_copies_of_a_lost_file_are_one_move_and_one_copy(
    photos: pixie.Collection, drawings: Path
) -> None:
    photos.index(drawings)
    shutil.copy(drawings / "2.png", drawings / "x.png")
    (drawings / "2.png").rename(drawings / "y.png")
    report = photos.index(drawings)
    assert (report.moved, report.added, report.copied) == (1, 1, 1)
    assert {"Pictures/x.png", "Pictures/y.png"} < set(ids(photos))
    assert "Pictures/2.png" not in ids(photos)


def test_a_file_moved_to_another_root_keeps_its_item(
    photos: pixie.Collection, drawings: Path, tmp_path: Path
) -> None:
    other = draw(tmp_path / "Other", 1, seed=50)
    photos.index(drawings, other)
    was = vector(photos, "Pictures/4.png").copy()
    (drawings / "4.png").rename(other / "4.png")
    report = photos.index(drawings, other)
    assert (report.moved, report.removed) == (1, 0)
    np.testing.assert_array_equal(vector(photos, "Other/4.png"), was)


def test_what_a_drive_that_is_away_holds_is_copied_not_moved(
    photos: pixie.Collection, drawings: Path, tmp_path: Path
) -> None:
    photos.index(drawings)
    photos.add(Item("Pictures/1.png", drawings / "1.png", text="blocks", metadata={"stars": 5}))
    away = drawings.rename(tmp_path / "unplugged")
    local = tmp_path / "Local"
    shutil.copytree(away, local)

    report = photos.index(local)

    assert (report.added, report.copied, report.moved) == (6, 6, 0)
    copied = photos.get("Local/1.png")
    assert copied is not None
    assert (copied.text, copied.metadata, copied.vectors) == ("blocks", {"stars": 5}, ("image", "text"))
    away.rename(drawings)
    assert photos.index(drawings).unchanged == 6


def test_the_size_alone_makes_no_twin(photos: pixie.Collection, tmp_path: Path) -> None:
    """Uncompressed pictures are all of one size."""
    folder = tmp_path / "Bitmaps"
    folder.mkdir()
    for number in range(3):
        picture(number).save(folder / f"{number}.bmp")
    photos.index(folder)
    picture(9).save(folder / "new.bmp")
    assert {file.stat().st_size for file in folder.iterdir()} == {(folder / "new.bmp").stat().st_size}
    report = photos.index(folder)
    assert (report.added, report.copied) == (1, 0)
    assert photos.search(Term.image(folder / "new.bmp"), k=1)[0].id == "Bitmaps/new.bmp"


def test_an_unreadable_old_place_is_not_gone(
    photos: pixie.Collection, drawings: Path, tmp_path: Path
) -> None:
    from collection_fixtures import as_nobody
    from pixie.folders import is_gone

    private = drawings / "private"
    private.mkdir()
    (drawings / "0.png").rename(private / "0.png")
    for parent in drawings.parents[:3]:
        parent.chmod(0o755)
    private.chmod(0o000)
    try:
        with as_nobody():
            assert not is_gone(str(private / "0.png"))
            assert is_gone(str(drawings / "0.png"))
    finally:
        private.chmod(0o755)
