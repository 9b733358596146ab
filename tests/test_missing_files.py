"""Files that are gone: a few leave the collection, many at once stay as missing until they are pruned."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from collection_fixtures import unit
from folder_fixtures import counts, fill, ids, index
from pixie.errors import InvalidInputError
from pixie.listing import Selection
from pixie.records import Record

if TYPE_CHECKING:
    from pathlib import Path

    from pixie.holdings import Holdings
    from pixie.vanished import Vanished


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return fill(tmp_path / "Pictures", *(f"{number:02}.jpg" for number in range(20)))


def again(holdings: Holdings, *paths: Path) -> Vanished:
    """Index folders to the end."""
    return holdings.settle(index(holdings, *paths))


def missing(holdings: Holdings) -> list[str]:
    return [item.id for item in holdings.listing.page(Selection(missing="only"), 0, None)[0]]


def test_a_fifth_of_a_folder_may_leave(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    for number in range(4):
        (pictures / f"{number:02}.jpg").unlink()
    found = again(holdings, pictures)
    assert (found.removed, found.missing) == (4, 0)
    assert ids(holdings) == [f"Pictures/{number:02}.jpg" for number in range(4, 20)]


def test_of_more_than_a_fifth_all_are_missing_and_none_is_dropped(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    for number in range(5):
        (pictures / f"{number:02}.jpg").unlink()
    found = again(holdings, pictures)
    assert (found.removed, found.missing) == (0, 5)
    assert len(ids(holdings)) == 20
    assert missing(holdings) == [f"Pictures/{number:02}.jpg" for number in range(5)]
    assert holdings.stats()["missing"] == 5
    # They are not counted again, and do not make the rest vanish.
    found = again(holdings, pictures)
    assert (found.removed, found.missing) == (0, 0)


def test_a_root_that_is_away_is_missing_and_is_back_when_it_is_back(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    again(holdings, pictures)
    away = pictures.rename(tmp_path / "away")
    plan = index(holdings, pictures)
    assert counts(plan) == (0, 0, 0, 0)
    assert holdings.settle(plan).missing == 20
    assert holdings.stats()["missing"] == 20
    away.rename(pictures)
    plan = index(holdings, pictures)
    assert counts(plan) == (20, 0, 20, 0)
    assert holdings.settle(plan).missing == 0
    assert holdings.stats()["missing"] == 0


def test_an_empty_mount_point_is_a_drive_that_is_away(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    shutil.rmtree(pictures)
    pictures.mkdir()
    assert again(holdings, pictures).missing == 20


def test_a_folder_below_a_root_may_be_gone(holdings: Holdings, pictures: Path) -> None:
    fill(pictures, "2020/a.jpg", "2020/b.jpg")
    again(holdings, pictures)
    shutil.rmtree(pictures / "2020")
    assert again(holdings, pictures / "2020").removed == 2
    (pictures / "00.jpg").unlink()
    assert again(holdings, pictures / "00.jpg").removed == 1
    assert len(ids(holdings)) == 19


def test_what_was_never_indexed_is_still_refused(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    with pytest.raises(InvalidInputError, match="there is no folder or file"):
        holdings.plan([pictures.parent / "Nothing"])


def test_a_folder_below_is_compared_with_itself_alone(holdings: Holdings, pictures: Path) -> None:
    fill(pictures, "2020/a.jpg", "2020/b.jpg")
    again(holdings, pictures)
    (pictures / "00.jpg").unlink()
    (pictures / "2020" / "a.jpg").unlink()
    assert again(holdings, pictures / "2020").removed == 1
    assert "Pictures/00.jpg" in ids(holdings)


def test_a_root_inside_that_is_away_is_noticed_from_outside(holdings: Holdings, pictures: Path) -> None:
    inside = fill(pictures / "card", "a.jpg")
    again(holdings, inside)
    again(holdings, pictures)
    shutil.rmtree(inside)
    assert again(holdings, pictures).missing == 1
    assert missing(holdings) == ["card/a.jpg"]


def test_an_unfinished_run_drops_nothing(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    (pictures / "00.jpg").unlink()
    holdings.plan([pictures])
    assert "Pictures/00.jpg" in ids(holdings)


def test_a_file_that_is_back_before_the_end_stays(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    (pictures / "00.jpg").unlink()
    plan = holdings.plan([pictures])
    fill(pictures, "00.jpg")
    assert holdings.settle(plan).removed == 0
    assert "Pictures/00.jpg" in ids(holdings)


def test_files_that_are_left_out_have_not_vanished(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    fill(pictures, ".pixieignore")
    (pictures / ".pixieignore").write_text("0*.jpg\n")
    plan = index(holdings, pictures)
    assert plan.found == 10
    assert holdings.settle(plan).removed == 0
    assert len(ids(holdings)) == 20


def test_an_item_with_a_file_elsewhere_is_not_the_folders(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    again(holdings, pictures)
    record = Record("Pictures/mine", path="/elsewhere/other.jpg", vectors=(("image", 0),))
    holdings.commit([record], unit("mine")[None])
    assert again(holdings, pictures).removed == 0
    assert "Pictures/mine" in ids(holdings)


def test_a_failure_is_forgotten_with_its_file(holdings: Holdings, pictures: Path) -> None:
    holdings.settle(index(holdings, pictures, bad=("Pictures/00.jpg",)))
    assert holdings.failures(0, None)[1] == 1
    away = pictures.rename(pictures.parent / "away")
    again(holdings, pictures)
    assert holdings.failures(0, None)[1] == 1
    away.rename(pictures)
    assert counts(index(holdings, pictures)) == (20, 0, 19, 1)
    (pictures / "00.jpg").unlink()
    again(holdings, pictures)
    assert holdings.failures(0, None)[1] == 0


def test_pruning_removes_what_is_missing_when_told(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    again(holdings, pictures)
    for number in range(8):
        (pictures / f"{number:02}.jpg").unlink()
    again(holdings, pictures)
    fill(pictures, "07.jpg")

    trial = holdings.prune(None, dry_run=True)
    assert trial.ids == tuple(f"Pictures/{number:02}.jpg" for number in range(7))
    assert (trial.returned, len(ids(holdings))) == (1, 20)
    assert holdings.prune(3600, dry_run=False).ids == ()
    assert holdings.prune(0, dry_run=False).ids == trial.ids
    assert len(ids(holdings)) == 13
    assert holdings.prune(None, dry_run=False).ids == ()
    assert again(holdings, pictures).removed == 0
    assert missing(holdings) == []


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_an_age_that_is_none_is_refused(holdings: Holdings, seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="seconds were asked for"):
        holdings.prune(seconds, dry_run=True)


def test_an_age_before_all_dates_finds_nothing(holdings: Holdings, pictures: Path) -> None:
    again(holdings, pictures)
    shutil.rmtree(pictures)
    again(holdings, pictures)
    assert holdings.prune(1e12, dry_run=True).ids == ()
