"""What was acknowledged is there after the process was killed at any moment, and nothing is half there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from collection_fixtures import DIMENSION, found, make, start_python, unit
from conftest import ROOT
from pixie.holdings import Holdings

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 12

# Adds, replaces and removes without end; tells of each commit once it has returned.
WRITER = """
import random
holdings = Holdings(Path(sys.argv[1]))
chance = random.Random(int(sys.argv[2]))
print("open", flush=True)
serial = 0
while True:
    serial += 1
    if chance.random() < 0.25:
        name = f"item-{chance.randrange(40)}"
        print("removing", name, flush=True)
        holdings.remove([name])
        print("removed", name, flush=True)
        continue
    names = sorted({f"item-{chance.randrange(40)}" for _ in range(chance.randrange(1, 30))})
    version = f"{sys.argv[2]}.{serial}"
    print("adding", version, *names, flush=True)
    records = [Record(name, text=version, vectors=(("text", row),)) for row, name in enumerate(names)]
    holdings.commit(records, np.stack([unit(name + version) for name in names]))
    print("added", version, *names, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos", {"index": {"kind": "lsh", "exact_below": 50}})
    chance = random.Random(5)
    state: dict[str, str] = {}
    for turn in range(ROUNDS):
        log = killed_writer(folder, turn, after=chance.uniform(0.0, 0.12))
        possible = replayed(state, log)
        state = check(folder, possible)
    assert len(state) > 5


def killed_writer(folder: Path, seed: int, after: float) -> list[list[str]]:
    """Lines a writer printed until it was killed, `after` seconds after it had opened the collection."""
    with start_python(WRITER, str(folder), str(seed)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        # Not communicate(): it reads past the buffer that readline() may have filled with more than its line.
        said = child.stdout.read()
    # The last line may have been cut in two.
    return [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]


def replayed(state: dict[str, str], log: list[list[str]]) -> list[dict[str, str]]:
    """The states the collection may be in: with the commit that was not acknowledged, or without."""
    state = dict(state)
    for verb, *rest in log:
        before = dict(state)
        if verb in ("adding", "added"):
            state.update(dict.fromkeys(rest[1:], rest[0]))
        else:
            state.pop(rest[0], None)
        if verb.endswith("ing"):
            pending, state = state, before
        else:
            pending = state
    return [state, pending] if log else [state]


def check(folder: Path, possible: list[dict[str, str]]) -> dict[str, str]:
    """The state the collection is in, which is a possible one and whole."""
    reader = Holdings(folder, read_only=True)
    items = {item.id: item.text or "" for item in reader.page(None, 0, None)[0]}
    reader.close()
    assert items in possible
    writer = Holdings(folder)
    stats = writer.stats()
    assert stats["vectors"]["text"] == len(items)
    rows = os.path.getsize(folder / "vectors.f32") / (4 * DIMENSION)
    assert rows == len(items) + stats["dead_rows"]
    for exact in (True, False):
        for name, version in items.items():
            assert found(writer, unit(name + version), 1, min_score=0.999, exact=exact) == [name]
    writer.close()
    return items


def test_a_reader_beside_a_writer_that_is_killed_goes_on(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos")
    reader = Holdings(folder, read_only=True)
    for turn in range(3):
        killed_writer(folder, 100 + turn, after=0.05)
        for item in reader.page(None, 0, None)[0]:
            vector = unit(item.id + (item.text or ""))
            assert found(reader, vector, 1, min_score=0.999) == [item.id]
    np.testing.assert_array_less(0, len(reader))
    reader.close()


def test_a_collection_is_sound_after_each_of_twelve_kills_of_whatever_changes_it(tmp_path: Path) -> None:
    """Indexing, adding, importing, removing, reindexing, compacting; the long form is bench/crash."""
    command = [sys.executable, "-B", str(ROOT / "bench" / "crash.py"), "--kills", "12", "--seed", "7"]
    done = subprocess.run(
        [*command, "--work", str(tmp_path / "work")], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = {
        line.split("  ")[-1]: int(line.split()[0].replace(",", "")) for line in done.stdout.splitlines()[:-1]
    }
    assert said["findings"] == said["collections that differ from the log"] == 0
    assert said["files of a compaction that the next writer left"] == 0
    assert said["acknowledged changes"] > 0
    assert said["vectors searched for"] > 0
