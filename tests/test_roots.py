"""Roots: the names that files' ids begin with, and folders that move, nest or share a name."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from folder_fixtures import counts, fill, ids, index

if TYPE_CHECKING:
    from pathlib import Path

    from pixie.holdings import Holdings


def test_a_folder_inside_a_root_belongs_to_it(holdings: Holdings, pictures: Path) -> None:
    index(holdings, pictures)
    plan = holdings.plan([pictures / "2020"])
    assert counts(plan) == (2, 0, 2, 0)
    assert plan.to_json()["roots"] == [{"name": "Pictures", "path": str(pictures)}]


def test_a_root_keeps_its_name_inside_a_folder_that_is_indexed_later(
    holdings: Holdings, pictures: Path
) -> None:
    index(holdings, pictures / "2020")
    assert ids(holdings) == ["2020/beach.webp", "2020/deep/er/c.gif"]
    plan = index(holdings, pictures)
    assert counts(plan) == (4, 2, 2, 0)
    assert ids(holdings) == ["2020/beach.webp", "2020/deep/er/c.gif", "Pictures/a.jpg", "Pictures/b.PNG"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_folder_given_with_one_inside_it_is_one_root(
    holdings: Holdings, pictures: Path, turned: bool
) -> None:
    paths = [pictures, pictures / "2020", pictures / "a.jpg", pictures]
    plan = index(holdings, *(reversed(paths) if turned else paths))
    assert counts(plan) == (4, 4, 0, 0)
    assert all(name.startswith("Pictures/") for name in ids(holdings))
    assert [root["name"] for root in holdings.stats()["roots"]] == ["Pictures"]


def test_another_folder_of_the_same_name_gets_a_number(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    other = fill(tmp_path / "backup" / "Pictures", "a.jpg")
    third = fill(tmp_path / "old" / "Pictures", "a.jpg")
    index(holdings, pictures)
    index(holdings, other, third)
    assert [name for name in ids(holdings) if name.endswith("/a.jpg")] == [
        "Pictures-2/a.jpg",
        "Pictures-3/a.jpg",
        "Pictures/a.jpg",
    ]
    assert counts(holdings.plan([third, other, pictures])) == (6, 0, 6, 0)


def test_a_folder_that_moved_keeps_its_ids_and_its_files_are_unchanged(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    index(holdings, pictures)
    moved = tmp_path / "drive" / "Pictures"
    moved.parent.mkdir()
    shutil.move(pictures, moved)
    plan = holdings.plan([moved])
    assert counts(plan) == (4, 0, 4, 0)
    assert holdings.get(["Pictures/2020/beach.webp"])[0].path == str(moved / "2020" / "beach.webp")
    assert holdings.stats()["roots"] == [{"name": "Pictures", "path": str(moved)}]


def test_the_root_of_the_file_system_has_a_name(holdings: Holdings) -> None:
    from pixie.roots import Roots

    roots = Roots({})
    assert roots.of("/").name == "root"
    assert roots.place("/etc/x.jpg") == ("root", "root/etc/x.jpg")
