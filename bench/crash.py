"""Kills a process that changes a collection, again and again, and looks at what it leaves.

    bench/crash [--kills N] [--seed N] [--verbs index,add,import,remove,reindex,compact]

Each time the process is ended by SIGKILL at a random moment. Then `pixie.verify` searches for every vector,
and the items are compared with the process's own log: whatever it was told is done must be there, each vector
by its checksum; what it was doing must be there as a whole or not at all. The next writer must sweep what a
compaction left. Prints counts; the exit code is 1 when anything was lost, half written, damaged or left.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine

sys.path.insert(0, str(machine.ROOT / "python"))

import crash_writer

import pixie
from pixie.editions import PREFIX, UNFINISHED_PREFIX, data_folder
from pixie.holdings import Holdings

if TYPE_CHECKING:
    from collections.abc import Iterator

VERBS = ("index", "add", "import", "remove", "reindex", "compact")
LONGEST_S = 2.5
"""The latest moment to kill: a process that has opened the collection has by then been round a few times."""

DIFFER = "collections that differ from the log"
LEFT = "files of a compaction that the next writer left"

_PATIENCE_S = 120.0
_POLL_S = 0.002


@dataclass
class State:
    """What a collection holds: items, files and rows that failed, the kind of its index.

    Of an item it has checksums: of its vectors by their modality, and of what is said of it.
    """

    items: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    kind: str = "auto"

    def after(self, change: dict[str, Any]) -> State:
        """The state that a change makes of this one."""
        items, failed = dict(self.items), set(self.failed)
        for identifier, put in change.get("put", {}).items():
            kept = {modality: items[identifier][modality] for modality in put.pop("kept")}
            items[identifier] = {**kept, **put}
            failed.discard(identifier)
        failed |= set(change.get("failed", ()))
        failed -= set(change.get("forgotten", ()))
        for identifier in change.get("removed", ()):
            items.pop(identifier, None)
            failed.discard(identifier)
        return State(items, failed, change.get("kind", self.kind))


def main() -> int:
    options = machine.parser(__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--verbs", default=",".join(VERBS))
    options.add_argument("--work", type=Path, default=machine.WORK / "crash", help="where to work")
    given = options.parse_args()
    work = given.work
    shutil.rmtree(work, ignore_errors=True)
    (work / "pictures").mkdir(parents=True)
    with pixie.open(work / "photos", model="demo") as collection:
        assert len(collection) == 0
    chance = random.Random(given.seed)
    verbs = given.verbs.split(",")
    counts = Counter(dict.fromkeys(("findings", DIFFER, LEFT), 0))
    state = State()
    for number in range(given.kills):
        verb = verbs[number % len(verbs)]
        log = work / f"{number}.log"
        kill_one(work, log, verb, given.seed * 100_000 + number, chance.uniform(0, LONGEST_S))
        counts[f"killed during {verb}"] += 1
        before, pending, acknowledged = replayed(state, log)
        counts["acknowledged changes"] += acknowledged
        found = looked_at(work / "photos", counts)
        if pending is not None:
            counts["changes begun and not acknowledged"] += 1
        if found == before:
            counts["... of which nothing was there"] += pending is not None
        elif found == pending:
            counts["... of which all was there"] += 1
        else:
            counts[DIFFER] += 1
            print(f"kill {number}, {verb}, seed {given.seed}: not what the log says, {log}")
        state = found
        counts[LEFT] += swept(work / "photos", counts)
        if counts["findings"] == 0:
            log.unlink()
    bad = counts["findings"] + counts[DIFFER] + counts[LEFT]
    for name, count in counts.items():
        print(f"{count:8,}  {name}")
    print(f"{len(state.items):8,}  items at the end, {len(state.failed)} failed, index {state.kind}")
    return 1 if bad else 0


def kill_one(work: Path, log: Path, verb: str, seed: int, after: float) -> None:
    """Start a writer, and kill it some seconds after it has opened the collection."""
    context = multiprocessing.get_context("forkserver")
    arguments = (work / "photos", work / "pictures", log, verb, seed)
    child = context.Process(target=crash_writer.main, args=arguments, daemon=True)
    child.start()
    end = time.monotonic() + _PATIENCE_S
    while not (log.exists() and log.stat().st_size):
        if not child.is_alive() or time.monotonic() > end:
            sys.exit(f"the writer of {verb} did not open its collection")
        time.sleep(_POLL_S)
    time.sleep(after)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    if child.exitcode != -signal.SIGKILL:
        sys.exit(f"the writer of {verb} ended by itself, with {child.exitcode}")


def replayed(state: State, log: Path) -> tuple[State, State | None, int]:
    """The state by what was acknowledged, the one by what was begun besides, and the number of the former."""
    pending: State | None = None
    acknowledged = 0
    for line in _lines(log):
        if "begun" in line:
            pending = state.after(line["begun"])
        elif "done" in line:
            assert pending is not None
            state, pending = pending, None
            acknowledged += 1
    return state, pending, acknowledged


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    # The kill may have cut the last one in two.
    return (json.loads(line) for line in log.read_bytes().splitlines(keepends=True) if line.endswith(b"\n"))


def looked_at(folder: Path, counts: Counter[str]) -> State:
    """What is there now, verified."""
    report = pixie.verify(folder, full=True)
    counts["vectors searched for"] += report.searched
    counts["findings"] += len(report.findings)
    for finding in report.findings:
        print(f"  {finding.code}: {finding.message}")
    with closing(Holdings(folder, read_only=True)) as holdings:
        store = holdings.store
        vectors = store.vectors.rows(store.state().rows)
        items: dict[str, dict[str, int]] = {}
        with store.reading() as connection:
            for identifier, text, metadata in connection.execute("SELECT id, text, metadata FROM items"):
                items[identifier] = {"said": crash_writer.said(text, json.loads(metadata))}
            sql = "SELECT id, modality, row FROM items JOIN vectors ON item = number"
            for identifier, modality, row in connection.execute(sql):
                items[identifier][modality] = crash_writer.checksum(vectors[row].tobytes())
        failed = {failure.id for failure in holdings.failures(0, None)[0]}
        kind = json.loads((folder / "collection.json").read_bytes())["settings"]["index"]["kind"]
    return State(items, failed, kind)


def swept(folder: Path, counts: Counter[str]) -> int:
    """How many files and folders there are that are of no present edition, once a writer was there."""
    before = len(strays(folder))
    with closing(Holdings(folder)):
        after = strays(folder)
    counts["files of a compaction that a kill left"] += before
    for stray in after:
        print(f"  {stray} was left")
    return len(after)


def strays(folder: Path) -> list[Path]:
    """What is in a collection's folder of editions other than the present one."""
    edition = json.loads((folder / "collection.json").read_bytes())["edition"]
    present = data_folder(folder, edition)
    data = ("items.sqlite", "items.sqlite-wal", "items.sqlite-shm", "vectors.f32", "index")
    found = [folder / name for name in data if present != folder]
    found += [*folder.glob(f"{PREFIX}*"), *folder.glob(f"{UNFINISHED_PREFIX}*")]
    return [path for path in found if path.exists() and path != present]


if __name__ == "__main__":
    # Each writer is a fork of a process that has imported everything, and so starts at once.
    multiprocessing.set_start_method("forkserver")
    ready = ["torch", "pyarrow.parquet", "pixie.intake", "pixie.live_index", "pixie.tables.plan"]
    multiprocessing.set_forkserver_preload(["crash_writer", *ready])
    sys.exit(main())
