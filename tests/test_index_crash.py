"""Indexing that is killed at any moment: what it said was in is in, and the next run goes on from there."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import numpy as np

import pixie
from collection_fixtures import start_python
from drawn_pictures import draw, picture
from pixie import Term

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = 60
BATCH = 3

INDEXER = """
import pixie
with pixie.open(sys.argv[1], sys.argv[3]) as photos:
    photos.embedder.warm("image")
    print("open", flush=True)
    told = lambda now: print(now.done + now.skipped, flush=True)
    report = photos.index(sys.argv[2], batch_size=int(sys.argv[4]), progress=told)
    print("end", report.added, flush=True)
"""


def killed(photos: Path, folder: Path, model: Path, after: float) -> tuple[int, bool]:
    """How many files a run said were in when it was killed, and whether it had come to its end."""
    arguments = (str(photos), str(folder), str(model), str(BATCH))
    with start_python(INDEXER, *arguments) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        lines = [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    counts = [int(line) for line in lines if not line.startswith("end")]
    return max(counts, default=0), any(line.startswith("end") for line in lines)


def test_a_run_that_is_killed_is_gone_on_with(tmp_path: Path, tiny: Path) -> None:
    folder, place = draw(tmp_path / "Pictures", PICTURES), tmp_path / "photos"
    chance = random.Random(11)
    present, rounds, ended = 0, 0, False
    while not ended and rounds < 6:
        rounds += 1
        done, ended = killed(place, folder, tiny, chance.uniform(0.0, 0.15))
        with pixie.open(place, create=False, read_only=True) as reader:
            # What was said to be in is; what was in before still is.
            assert len(reader) >= max(done, present)
            present = len(reader)
    with pixie.open(place) as photos:
        report = photos.index(folder)
        assert (report.unchanged, report.added) == (present, PICTURES - present)
        assert photos.index(folder).unchanged == PICTURES
        for number in (0, 17, PICTURES - 1):
            best = photos.search(Term.image(folder / f"{number}.png"), k=1)[0]
            assert (best.id, round(best.score, 4)) == (f"Pictures/{number}.png", 1.0)


def test_moves_that_were_killed_are_gone_on_with(tmp_path: Path, tiny: Path) -> None:
    folder, place = draw(tmp_path / "Pictures", PICTURES), tmp_path / "photos"
    with pixie.open(place, tiny) as photos:
        photos.index(folder)
        photos.add(pixie.Item("Pictures/7.png", folder / "7.png", text="seven"))
        vectors = {
            number: photos.holdings.part_of(f"Pictures/{number}.png", 1.0).vector.copy()
            for number in range(PICTURES)
        }
    (folder / "all").mkdir()
    for number in range(PICTURES):
        (folder / f"{number}.png").rename(folder / "all" / f"{number}.png")
    picture(999).save(folder / "new.png")
    chance = random.Random(12)
    for _ in range(3):
        killed(place, folder, tiny, chance.uniform(0.0, 0.1))
        with pixie.open(place, create=False, read_only=True) as reader:
            # Each is at its old place or at its new one, never at both or neither.
            names = sorted(item.id.rpartition("/")[2] for item in reader.items() if "new" not in item.id)
            assert names == sorted(f"{number}.png" for number in range(PICTURES))
    with pixie.open(place) as photos:
        report = photos.index(folder)
        assert (report.removed, report.missing, report.copied) == (0, 0, 0)
        for number, was in vectors.items():
            now = photos.holdings.part_of(f"Pictures/all/{number}.png", 1.0).vector
            np.testing.assert_array_equal(now, was)
        seven = photos.get("Pictures/all/7.png")
        assert seven is not None
        assert seven.text == "seven"
        assert len(photos) == PICTURES + 1
