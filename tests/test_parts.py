"""Folders that are looked at alone: what was found there is as if everything had been looked at."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from folder_fixtures import counts, fill, ids, index, take
from pixie.listing import Selection
from pixie.plan import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pixie.holdings import Holdings
    from pixie.vanished import Vanished


@pytest.fixture
def many(holdings: Holdings, tmp_path: Path) -> Path:
    """An indexed folder with 20 files, and four in each of two folders below."""
    names = [f"{number:02}.jpg" for number in range(20)]
    below = [f"{year}/{number}.jpg" for year in (2020, 2021) for number in range(4)]
    folder = fill(tmp_path / "Pictures", *names, *below)
    index(holdings, folder)
    return folder


def look(holdings: Holdings, top: Path, *only: Path) -> Vanished:
    return holdings.settle(index(holdings, top, only=only))


def missing(holdings: Holdings) -> list[str]:
    return [item.id for item in holdings.listing.page(Selection(missing="only"), 0, None)[0]]


def test_a_folder_is_looked_at_without_those_in_it_and_beside_it(holdings: Holdings, many: Path) -> None:
    fill(many, "new.jpg", "2020/new.jpg", "2021/new.jpg")
    plan = holdings.plan([many], PlanOptions(only=(str(many / "2020"),)))
    assert counts(plan) == (5, 1, 4, 0)
    assert take(plan) == ["Pictures/2020/new.jpg"]
    assert plan.to_json()["roots"] == [{"name": "Pictures", "path": str(many)}]
    assert counts(holdings.plan([many], PlanOptions(only=(str(many),)))) == (21, 1, 20, 0)
    both = PlanOptions(only=(str(many / "2020"), str(many), str(many / "2020")))
    assert counts(holdings.plan([many], both)) == (26, 2, 24, 0)


def test_what_is_gone_elsewhere_is_left_alone(holdings: Holdings, many: Path) -> None:
    (many / "00.jpg").unlink()
    (many / "2020" / "0.jpg").unlink()
    assert look(holdings, many, many / "2020").removed == 1
    assert "Pictures/00.jpg" in ids(holdings)
    assert look(holdings, many, many).removed == 1
    assert len(ids(holdings)) == 26


def test_a_fifth_is_that_of_the_root_not_of_the_folder(holdings: Holdings, many: Path) -> None:
    for file in (many / "2020").iterdir():
        file.unlink()
    found = look(holdings, many, many / "2020")
    assert (found.removed, found.missing) == (4, 0)
    for number in range(6):
        (many / f"{number:02}.jpg").unlink()
    found = look(holdings, many, many)
    assert (found.removed, found.missing) == (0, 6)
    assert missing(holdings) == [f"Pictures/{number:02}.jpg" for number in range(6)]
    fill(many, "03.jpg")
    index(holdings, many, only=[many])
    assert "Pictures/03.jpg" not in missing(holdings)


def test_a_folder_that_is_gone_is_missed_where_it_was(holdings: Holdings, many: Path) -> None:
    fill(many, "2021/May/first/a.jpg")
    index(holdings, many)
    shutil.rmtree(many / "2021" / "May")
    assert look(holdings, many, many / "2021" / "May" / "first").removed == 1
    shutil.rmtree(many / "2021")
    assert look(holdings, many, many).removed == 4
    assert not any("2021" in name for name in ids(holdings))


def test_where_there_are_links_everything_is_looked_at(
    holdings: Holdings, many: Path, tmp_path: Path
) -> None:
    elsewhere = fill(tmp_path / "elsewhere", "x.jpg")
    (many / "2020" / "link").symlink_to(elsewhere)
    (many / "2020" / "zero.jpg").symlink_to(many / "00.jpg")
    assert counts(holdings.plan([many], PlanOptions(only=(str(many / "2021"),)))) == (4, 0, 4, 0)
    for folder in (many / "2020", many / "2020" / "link"):
        assert counts(holdings.plan([many], PlanOptions(only=(str(folder),)))) == (29, 1, 28, 0)


def test_what_is_left_out_stays_left_out(holdings: Holdings, many: Path) -> None:
    fill(
        many, ".hidden/a.jpg", "@eaDir/a.jpg", "raw/a.jpg", "raw/inner/a.jpg", "2020/secret.jpg", "2020/b.gif"
    )
    (many / ".pixieignore").write_text("secret.*\nraw/\n")
    left_out = [many / name for name in (".hidden", "@eaDir", "raw", "raw/inner")]
    plan = holdings.plan([many], PlanOptions(only=tuple(map(str, left_out))))
    assert (counts(plan), plan.problems) == ((0, 0, 0, 0), ())
    options = PlanOptions(exclude=("*.gif", "2021"), only=(str(many / "2020"), str(many / "2021")))
    assert counts(holdings.plan([many], options)) == (4, 0, 4, 0)


def test_of_two_folders_one_in_the_other_each_file_is_one(holdings: Holdings, many: Path) -> None:
    only = (str(many / "2020"),)
    assert counts(holdings.plan([many, many / "2020"], PlanOptions(only=only))) == (4, 0, 4, 0)
    # The other has nothing to be looked at alone, so both are looked at as a whole.
    assert counts(holdings.plan([many, many / "2021"], PlanOptions(only=only))) == (28, 0, 28, 0)


def test_failures_are_known_again_and_forgotten_with_their_files(holdings: Holdings, many: Path) -> None:
    fill(many, "2020/bad.jpg")
    index(holdings, many, bad=("Pictures/2020/bad.jpg",))
    assert counts(index(holdings, many, only=[many / "2020"])) == (5, 0, 4, 1)
    look(holdings, many, many / "2021")
    assert holdings.failures(0, None)[1] == 1
    (many / "2020" / "bad.jpg").unlink()
    look(holdings, many, many / "2020")
    assert holdings.failures(0, None)[1] == 0


@pytest.mark.parametrize("seed", range(6))
def test_after_any_changes_nothing_is_left_to_do(holdings: Holdings, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    folders = [
        tmp_path / "Pictures" / name for name in ("", "a", "a/b", "a b", "a-", "c/\udcff", "c", "\U0001f436")
    ]
    for folder in folders:
        fill(folder, *(f"{number}.jpg" for number in range(8)))
    top = folders[0]
    index(holdings, top)
    for _ in range(12):
        touched = change_some(draw, folders)
        look(holdings, top, *touched)
        plan = holdings.plan([top])
        assert (plan.todo, [unseen for unseen in plan.unseen if not unseen.missing]) == (0, [])


def change_some(draw: random.Random, folders: list[Path]) -> Iterable[Path]:
    """Adds, changes, moves and removes files; the folders in which it did."""
    touched = set()
    for _ in range(draw.randint(1, 5)):
        folder, other = draw.choice(folders), draw.choice(folders)
        file, new = folder / f"{draw.randrange(12)}.jpg", other / f"{draw.randrange(12)}.jpg"
        touched |= {folder, other}
        if not file.exists():
            fill(folder, file.name)
        elif draw.random() < 0.3:
            file.unlink()
        elif draw.random() < 0.5:
            os.utime(file, ns=(0, draw.randrange(1 << 60)))
        else:
            file.replace(new)
    return touched
