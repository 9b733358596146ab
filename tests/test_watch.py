"""Watching folders: what changes in them is in the collection soon after, in a real process too."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

import pixie
from collection_fixtures import start_python
from drawn_pictures import draw, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60.0
"""For what takes a second or two; a machine may be busy."""


class Follower:
    """A thread that goes through the reports of a watch."""

    def __init__(self, photos: pixie.Collection, *folders: Path, **options: float) -> None:
        self.photos = photos
        self.reports: list[pixie.IndexReport] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, args=(folders, options))
        self._thread.start()

    def _follow(self, folders: tuple[Path, ...], options: dict[str, float]) -> None:
        for report in self.photos.watch(*folders, stop=self._stop, **options):
            self.reports.append(report)

    def until(self, holds: Callable[[set[str]], bool]) -> set[str]:
        """The ids of the collection as soon as something holds of them."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            present = {item.id for item in self.photos.items() if item.missing is None}
            if self.reports and holds(present):
                return present
            assert time.monotonic() < end, (present, self.reports)
            assert self._thread.is_alive()
            time.sleep(0.05)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    return draw(tmp_path / "Pictures", 12)


@pytest.fixture
def follower(photos: pixie.Collection, drawings: Path) -> Iterator[Follower]:
    following = Follower(photos, drawings)
    following.until(lambda present: len(present) == 12)
    yield following
    following.close()


def test_new_changed_moved_and_deleted_files_are_followed(follower: Follower, drawings: Path) -> None:
    picture(100).save(drawings / "new.png")
    follower.until(lambda present: "Pictures/new.png" in present)
    before = follower.photos.get("Pictures/0.png")
    picture(101).save(drawings / "0.png")
    follower.until(lambda _: follower.photos.get("Pictures/0.png") != before)
    (drawings / "1.png").rename(drawings / "renamed.png")
    follower.until(lambda present: "Pictures/renamed.png" in present and "Pictures/1.png" not in present)
    (drawings / "2.png").unlink()
    follower.until(lambda present: "Pictures/2.png" not in present)
    follower.close()
    totals = [sum(getattr(report, name) for report in follower.reports) for name in ("moved", "removed")]
    assert totals == [1, 1]
    assert sum(report.added for report in follower.reports) == 13


def test_folders_that_come_move_and_go_are_followed(
    follower: Follower, drawings: Path, tmp_path: Path
) -> None:
    shutil.copytree(draw(tmp_path / "elsewhere", 2, seed=200), drawings / "2020" / "May")
    follower.until(lambda present: {"Pictures/2020/May/0.png", "Pictures/2020/May/1.png"} <= present)
    (drawings / "2020").rename(drawings / "2021")
    follower.until(lambda present: "Pictures/2021/May/0.png" in present)
    picture(300).save(drawings / "2021" / "May" / "later.png")
    follower.until(lambda present: "Pictures/2021/May/later.png" in present)
    shutil.rmtree(drawings / "2021" / "May")
    present = follower.until(lambda present: not any("2021" in name for name in present))
    assert len(present) == 12


def test_a_file_that_changed_has_its_own_folder_looked_at_and_no_other(
    follower: Follower, drawings: Path
) -> None:
    draw(drawings / "2020", 3, seed=700)
    follower.until(lambda present: len(present) == 15)
    reports = len(follower.reports)
    picture(800).save(drawings / "2020" / "new.png")
    follower.until(lambda present: "Pictures/2020/new.png" in present)
    assert [report.found for report in follower.reports[reports:]] == [4]


def test_a_file_moved_between_folders_keeps_what_was_said_of_it(follower: Follower, drawings: Path) -> None:
    (drawings / "2020").mkdir()
    shutil.copy(drawings / "0.png", drawings / "2020" / "copy.png")
    follower.until(lambda present: "Pictures/2020/copy.png" in present)
    follower.photos.add(pixie.Item("Pictures/3.png", drawings / "3.png", text="blocks"))
    (drawings / "3.png").rename(drawings / "2020" / "best.png")
    follower.until(lambda present: "Pictures/2020/best.png" in present and "Pictures/3.png" not in present)
    moved = follower.photos.get("Pictures/2020/best.png")
    assert moved is not None
    assert moved.text == "blocks"


def test_patterns_that_change_have_everything_looked_at(follower: Follower, drawings: Path) -> None:
    (drawings / ".pixieignore").write_text("secret*.png\n")
    (drawings / "2020").mkdir()
    shutil.copy(drawings / "0.png", drawings / "2020" / "secret.png")
    shutil.copy(drawings / "0.png", drawings / "2020" / "open.png")
    present = follower.until(lambda present: "Pictures/2020/open.png" in present)
    assert "Pictures/2020/secret.png" not in present
    (drawings / ".pixieignore").unlink()
    follower.until(lambda present: "Pictures/2020/secret.png" in present)


def test_a_folder_that_goes_away_and_comes_back_is_followed(
    follower: Follower, drawings: Path, tmp_path: Path
) -> None:
    away = drawings.rename(tmp_path / "away")
    follower.until(lambda present: not present)
    assert len(follower.photos) == 12
    picture(400).save(away / "meanwhile.png")
    away.rename(drawings)
    follower.until(lambda present: len(present) == 13)
    picture(401).save(drawings / "after.png")
    follower.until(lambda present: "Pictures/after.png" in present)


def test_what_is_hidden_or_no_picture_is_nobodys_business(follower: Follower, drawings: Path) -> None:
    from pixie.suffixes import PICTURE_SUFFIXES
    from pixie.watching import FolderWatch

    watch = FolderWatch([str(drawings)], PICTURE_SUFFIXES, str(drawings / "collection"))
    for name in ("notes.txt", ".hidden.jpg", "collection/items.sqlite-wal", "@eaDir/thumb.jpg"):
        (drawings / name).parent.mkdir(exist_ok=True)
        (drawings / name).write_bytes(b"x")
    # New folders do matter: what is in them is not known yet.
    while watch.wait(5).paths:
        pass
    for name in ("notes.txt", ".hidden.jpg", "collection/items.sqlite-wal", "@eaDir/thumb.jpg"):
        (drawings / name).write_bytes(b"y")
    assert watch.wait(2) == ([], [])
    (drawings / ".pixieignore").write_text("*.gif\n")
    assert watch.wait(30) == ([str(drawings)], [])
    watch.close()


def test_reading_the_pictures_is_no_change(follower: Follower, drawings: Path) -> None:
    reports = len(follower.reports)
    follower.photos.index(drawings)
    for file in drawings.iterdir():
        file.read_bytes()
    time.sleep(2)
    assert len(follower.reports) == reports


def test_a_name_that_is_not_utf8_ends_no_watch(follower: Follower, drawings: Path) -> None:
    shutil.copy(drawings / "0.png", drawings / "\udcff.png")
    follower.until(lambda present: "Pictures/\udcff.png" in present)
    shutil.copy(drawings / "0.png", drawings / "after.png")
    follower.until(lambda present: "Pictures/after.png" in present)


def test_a_burst_longer_than_the_kernels_queue_leaves_nothing_out(follower: Follower, drawings: Path) -> None:
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as limit:
        events = int(limit.read())
    if events > 50_000:
        pytest.skip(f"the queue holds {events} events")
    content = (drawings / "0.png").read_bytes()
    for number in range(events // 20 + 1):
        for _ in range(10):
            (drawings / "busy.tmp").touch()
            (drawings / "other.tmp").write_bytes(b"x")
        if number % 100 == 0:
            (drawings / f"burst-{number}.png").write_bytes(content)
    wanted = {f"Pictures/burst-{number}.png" for number in range(0, events // 20 + 1, 100)}
    follower.until(lambda present: wanted <= present)


def test_everything_counts_as_changed_when_the_kernels_queue_may_have_overflowed(drawings: Path) -> None:
    from pixie.suffixes import PICTURE_SUFFIXES
    from pixie.watching import FolderWatch

    (drawings / "notes.txt").touch()
    watch = FolderWatch([str(drawings)], PICTURE_SUFFIXES, str(drawings / "collection"))
    picture(900).save(drawings / "new.png")
    assert watch.wait(30) == ([str(drawings)], [str(drawings)])
    for number in range(100_000):
        os.utime(drawings / "notes.txt", (number, number))
    assert watch.wait(60) == ([str(drawings)], [])
    watch.close()


def test_a_rescan_finds_what_nobody_told(photos: pixie.Collection, drawings: Path) -> None:
    from pixie.suffixes import PICTURE_SUFFIXES
    from pixie.watching import FolderWatch

    watch = FolderWatch([str(drawings)], PICTURE_SUFFIXES, str(photos.path), rescan_seconds=0.5)
    assert watch.wait(30) == ([str(drawings)], [])
    watch.close()
    with pytest.raises(pixie.InvalidInputError, match="a rescan every 0 seconds"):
        photos.watch(drawings, rescan_seconds=0)


def test_all_roots_are_watched_when_none_is_named(photos: pixie.Collection, drawings: Path) -> None:
    with pytest.raises(pixie.InvalidInputError, match="no folder was indexed into photos yet"):
        photos.watch()
    with pytest.raises(pixie.InvalidInputError, match="is a file"):
        photos.watch(drawings / "0.png")
    photos.index(drawings)
    following = Follower(photos)
    picture(500).save(drawings / "new.png")
    following.until(lambda present: "Pictures/new.png" in present)
    following.close()


def test_an_empty_folder_that_goes_away_is_watched_on(photos: pixie.Collection, tmp_path: Path) -> None:
    empty = tmp_path / "Empty"
    empty.mkdir()
    following = Follower(photos, empty)
    following.until(lambda _: True)
    empty.rmdir()
    time.sleep(1.5)
    empty.mkdir()
    picture(700).save(empty / "new.png")
    following.until(lambda present: "Empty/new.png" in present)
    following.close()


def test_a_folder_that_is_named_counts_although_its_name_is_hidden(
    photos: pixie.Collection, drawings: Path
) -> None:
    hidden = drawings / ".hidden"
    hidden.mkdir()
    following = Follower(photos, drawings, hidden)
    following.until(lambda _: True)
    picture(701).save(hidden / "new.png")
    following.until(lambda present: any(name.endswith("new.png") for name in present))
    following.close()


def test_ctrl_c_ends_a_process_that_watches_and_keeps_what_is_committed(
    tmp_path: Path, drawings: Path, tiny: Path
) -> None:
    source = """
        import pixie
        with pixie.open(sys.argv[1], sys.argv[3]) as photos:
            try:
                for report in photos.watch(sys.argv[2]):
                    print(report.added, flush=True)
            except KeyboardInterrupt:
                print("interrupted", flush=True)
    """
    with start_python(source, str(tmp_path / "photos"), str(drawings), str(tiny)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "12\n"
        picture(600).save(drawings / "new.png")
        assert child.stdout.readline() == "1\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"
        assert child.wait(PATIENCE_SECONDS) == 0
    with pixie.open(tmp_path / "photos") as photos:
        assert len(photos) == 13
    assert os.path.exists(drawings / "new.png")
