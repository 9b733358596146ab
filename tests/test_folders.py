"""Folders: what is found in them, what its ids are, and what is left to do the next time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from folder_fixtures import counts, fill, ids, index, take
from pixie.errors import CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.plan import PlanOptions

# What is found, and its ids


def test_an_id_is_the_folders_name_and_the_path_below_it(holdings: Holdings, pictures: Path) -> None:
    plan = holdings.plan([pictures])
    assert take(plan) == [
        "Pictures/a.jpg",
        "Pictures/b.PNG",
        "Pictures/2020/beach.webp",
        "Pictures/2020/deep/er/c.gif",
    ]
    assert plan.to_json()["roots"] == [{"name": "Pictures", "path": str(pictures)}]
    assert plan.take(10) == []


def test_a_task_says_what_the_file_was_when_it_was_seen(holdings: Holdings, pictures: Path) -> None:
    os.utime(pictures / "a.jpg", ns=(1, 1_700_000_000_123_456_789))
    task = holdings.plan([pictures / "a.jpg"]).take(1)[0]
    assert task.to_json() == {
        "id": "Pictures/a.jpg",
        "path": str(pictures / "a.jpg"),
        "size": 5,
        "mtime_ns": 1_700_000_000_123_456_789,
        "known_hash": None,
    }


def test_hidden_files_and_folders_are_left_out(holdings: Holdings, pictures: Path) -> None:
    fill(pictures, ".hidden.jpg", ".thumbnails/x.jpg")
    assert holdings.plan([pictures]).found == 4


def test_plans_are_taken_in_parts(holdings: Holdings, pictures: Path) -> None:
    plan = holdings.plan([pictures])
    assert [len(plan.take(3)), len(plan.take(3)), len(plan.take(3))] == [3, 1, 0]
    with pytest.raises(InvalidInputError, match="0 files were asked for"):
        plan.take(0)


def test_a_file_given_alone_has_the_id_it_would_have_in_its_folder(
    holdings: Holdings, pictures: Path
) -> None:
    assert take(holdings.plan([pictures / "a.jpg"])) == ["Pictures/a.jpg"]
    index(holdings, pictures)
    assert counts(holdings.plan([pictures / "2020" / "beach.webp"])) == (1, 0, 1, 0)


def test_a_file_given_alone_is_tried_whatever_its_name(holdings: Holdings, pictures: Path) -> None:
    assert take(holdings.plan([pictures / "notes.txt"])) == ["Pictures/notes.txt"]


def test_relative_paths_and_dots_mean_the_same_folder(
    holdings: Holdings, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(holdings, pictures)
    monkeypatch.chdir(pictures)
    for same in (Path(), Path("..") / "Pictures", Path("2020") / ".."):
        assert counts(holdings.plan([same])) == (4, 0, 4, 0)


def test_nothing_found_leaves_no_trace(holdings: Holdings, tmp_path: Path) -> None:
    empty = fill(tmp_path / "Empty", "notes.txt")
    assert counts(holdings.plan([empty])) == (0, 0, 0, 0)
    assert holdings.stats()["roots"] == []


@pytest.mark.parametrize("name", ["nothing", "nothing/at/all", "nul \0 here"])
def test_a_path_with_nothing_there_is_refused(holdings: Holdings, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="there is no folder or file") as caught:
        holdings.plan([tmp_path / name])
    assert caught.value.item == str(tmp_path / name)


def test_no_path_at_all_is_refused(holdings: Holdings) -> None:
    with pytest.raises(InvalidInputError, match="no folder was given"):
        holdings.plan([])


# The next time


def test_files_that_have_not_changed_are_left_alone(holdings: Holdings, pictures: Path) -> None:
    assert counts(index(holdings, pictures)) == (4, 4, 0, 0)
    assert counts(holdings.plan([pictures])) == (4, 0, 4, 0)


def test_a_new_size_or_time_is_looked_into_with_the_known_hash(holdings: Holdings, pictures: Path) -> None:
    index(holdings, pictures)
    (pictures / "a.jpg").write_bytes(b"longer than it was")
    os.utime(pictures / "b.PNG", ns=(1, 1))
    plan = holdings.plan([pictures])
    assert counts(plan) == (4, 2, 2, 0)
    assert {task.id: task.known_hash for task in plan.take(9)} == {
        "Pictures/a.jpg": "hash of a.jpg",
        "Pictures/b.PNG": "hash of b.PNG",
    }


def test_a_clock_that_went_back_is_a_change_too(holdings: Holdings, pictures: Path) -> None:
    index(holdings, pictures)
    os.utime(pictures / "a.jpg", ns=(0, 0))
    assert take(holdings.plan([pictures])) == ["Pictures/a.jpg"]


def test_a_file_that_failed_is_tried_again_when_it_changes_or_on_demand(
    holdings: Holdings, pictures: Path
) -> None:
    index(holdings, pictures, bad=("Pictures/a.jpg",))
    assert counts(holdings.plan([pictures])) == (4, 0, 3, 1)
    assert take(holdings.plan([pictures], PlanOptions(retry_failed=True))) == ["Pictures/a.jpg"]
    (pictures / "a.jpg").write_bytes(b"repaired")
    assert take(holdings.plan([pictures])) == ["Pictures/a.jpg"]
    index(holdings, pictures)
    assert counts(holdings.plan([pictures])) == (4, 0, 4, 0)


def test_an_item_whose_file_went_bad_and_came_back_is_looked_into(holdings: Holdings, pictures: Path) -> None:
    index(holdings, pictures)
    good = (pictures / "a.jpg").stat()
    (pictures / "a.jpg").write_bytes(b"damaged now")
    index(holdings, pictures, bad=("Pictures/a.jpg",))
    (pictures / "a.jpg").write_bytes(b"a.jpg")
    os.utime(pictures / "a.jpg", ns=(good.st_atime_ns, good.st_mtime_ns))
    plan = holdings.plan([pictures])
    assert [(task.id, task.known_hash) for task in plan.take(9)] == [("Pictures/a.jpg", "hash of a.jpg")]


def test_a_folder_deeper_than_python_recurses_is_walked(holdings: Holdings, tmp_path: Path) -> None:
    folder = tmp_path / "Deep"
    folder.mkdir()
    inner = os.open(folder, os.O_RDONLY)
    for _ in range(500):
        os.mkdir("d", dir_fd=inner)
        below = os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(inner)
        inner = below
    os.close(os.open("a.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
    os.close(inner)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        found = take(holdings.plan([folder]))
    finally:
        sys.setrecursionlimit(limit)
    assert found == ["Deep/" + "d/" * 500 + "a.jpg"]


# Links


def test_a_linked_folder_is_walked_once_under_the_links_name(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    elsewhere = fill(tmp_path / "elsewhere", "x.jpg")
    (pictures / "link").symlink_to(elsewhere)
    (pictures / "same").symlink_to(elsewhere)
    plan = holdings.plan([pictures])
    assert [name for name in take(plan) if name.endswith("x.jpg")] == ["Pictures/link/x.jpg"]


def test_loops_of_links_end(holdings: Holdings, pictures: Path) -> None:
    (pictures / "2020" / "up").symlink_to(pictures)
    (pictures / "self").symlink_to(pictures / "self")
    (pictures / "ping").symlink_to(pictures / "pong")
    (pictures / "pong").symlink_to(pictures / "ping")
    plan = holdings.plan([pictures])
    assert plan.found == 4
    assert plan.problems == ()


def test_a_picture_goes_by_its_own_path_rather_than_a_links(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    (pictures / "0 first.jpg").symlink_to(pictures / "a.jpg")
    outside = fill(tmp_path / "outside", "y.jpg") / "y.jpg"
    (pictures / "0 other.jpg").symlink_to(outside)
    (pictures / "1 other.jpg").symlink_to(outside)
    found = take(holdings.plan([pictures]))
    assert "Pictures/a.jpg" in found
    assert [name for name in found if "first" in name or "other" in name] == ["Pictures/0 other.jpg"]


def test_a_link_that_leads_nowhere_is_named(holdings: Holdings, pictures: Path) -> None:
    (pictures / "gone.jpg").symlink_to(pictures / "nowhere.jpg")
    (pictures / "loop.jpg").symlink_to(pictures / "loop.jpg")
    plan = holdings.plan([pictures])
    assert plan.found == 4
    assert [(problem.id, problem.code) for problem in plan.problems] == [
        ("Pictures/gone.jpg", "missing"),
        ("Pictures/loop.jpg", "unreadable"),
    ]


def test_a_root_is_known_by_a_link_to_it(holdings: Holdings, pictures: Path, tmp_path: Path) -> None:
    index(holdings, pictures)
    (tmp_path / "shortcut").symlink_to(pictures)
    assert counts(holdings.plan([tmp_path / "shortcut"])) == (4, 0, 4, 0)


# What can't be read


def test_pipes_with_a_pictures_name_are_named_and_passed_over(holdings: Holdings, pictures: Path) -> None:
    os.mkfifo(pictures / "pipe.jpg")
    plan = holdings.plan([pictures])
    assert plan.found == 4
    assert [(problem.id, problem.code) for problem in plan.problems] == [("Pictures/pipe.jpg", "unsupported")]


def test_pipes_and_links_to_nothing_are_on_record_until_they_are_none(
    holdings: Holdings, pictures: Path, tmp_path: Path
) -> None:
    def failed() -> dict[str, str]:
        return {failure.id: failure.code for failure in holdings.failures(0, None)[0]}

    os.mkfifo(pictures / "pipe.jpg")
    (pictures / "dangling.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (pictures / "twin.jpg").symlink_to(pictures / "later.jpg")
    holdings.settle(index(holdings, pictures))
    assert failed() == {
        "Pictures/dangling.jpg": "missing",
        "Pictures/twin.jpg": "missing",
        "Pictures/pipe.jpg": "unsupported",
    }
    generation = holdings.store.state().generation
    holdings.settle(index(holdings, pictures))
    assert holdings.store.state().generation == generation
    (pictures / "pipe.jpg").unlink()
    fill(tmp_path, "nowhere.jpg")
    fill(pictures, "later.jpg")
    holdings.settle(index(holdings, pictures))
    assert failed() == {}
    assert {"Pictures/dangling.jpg", "Pictures/later.jpg"} <= set(ids(holdings))


def test_a_folder_that_cant_be_read_is_named_and_the_rest_goes_on(holdings: Holdings, pictures: Path) -> None:
    from collection_fixtures import as_nobody

    private = fill(pictures / "private", "p.jpg")
    private.chmod(0o000)
    for parent in pictures.parents[:3]:
        parent.chmod(0o755)
    try:
        with as_nobody():
            from pixie.folders import Walk
            from pixie.ignore import IgnoreRules

            walk = Walk(frozenset({".jpg", ".png", ".gif", ".webp"}))
            found = list(walk.folders([(str(pictures), IgnoreRules())]))
    finally:
        private.chmod(0o755)
    assert sum(len(folder.files) for folder in found) == 4
    assert [(problem.path, problem.code) for problem in walk.problems] == [(str(private), "unreadable")]
    assert "Permission denied" in walk.problems[0].message


@pytest.mark.parametrize(
    "name", ["\udcff\udcfe.jpg", "\U0001f436.jpg", "new\nline.jpg", "a'b\"c%_?.jpg", "-rf.jpg"]
)
def test_any_name_a_file_system_allows_is_found_and_known_again(
    holdings: Holdings, tmp_path: Path, name: str
) -> None:
    folder = fill(tmp_path / "Odd", name)
    index(holdings, folder)
    assert ids(holdings) == [f"Odd/{name}"]
    assert holdings.get([f"Odd/{name}"])[0].path == f"{folder}/{name}"
    assert counts(holdings.plan([folder])) == (1, 0, 1, 0)


def test_a_reader_may_plan_what_is_known_and_nothing_new(holdings: Holdings, pictures: Path) -> None:
    index(holdings, pictures)
    reader = Holdings(holdings.path, read_only=True)
    assert counts(reader.plan([pictures])) == (4, 0, 4, 0)
    with pytest.raises(CollectionError, match="opened read-only"):
        reader.plan([fill(pictures.parent / "Others", "o.jpg")])
    reader.close()


def test_many_files_are_compared_at_once(holdings: Holdings, tmp_path: Path) -> None:
    folder = tmp_path / "Many"
    names = [f"{number % 40}/{number}.jpg" for number in range(4000)]
    for part in {name.split("/")[0] for name in names}:
        (folder / part).mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    assert counts(index(holdings, folder)) == (4000, 4000, 0, 0)
    (folder / names[7]).write_bytes(b"changed")
    plan = holdings.plan([folder])
    assert counts(plan) == (4000, 1, 3999, 0)
    assert take(plan) == [f"Many/{names[7]}"]
