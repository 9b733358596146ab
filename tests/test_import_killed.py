"""An import that is killed in the middle: what was told of is there, and the next one goes on from there."""

from __future__ import annotations

import csv
import json
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pixie
from drawn_pictures import draw

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 240
PICTURES = 12
BAD = 5

# Tells of each commit once it is made.
IMPORT = """
import sys, pixie
with pixie.open(sys.argv[1], sys.argv[2]) as shop:
    tell = lambda found: print(found.done, flush=True)
    report = shop.import_table(sys.argv[3], batch_size=8, progress=tell)
    print("imported", report.added, report.updated, report.unchanged, report.failed_before, flush=True)
"""


@pytest.fixture(params=["csv", "ndjson", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Rows with texts, most of them with a picture; some have a picture that is none."""
    draw(tmp_path / "pictures", PICTURES)
    (tmp_path / "pictures" / "bad.png").write_bytes(b"no picture")
    rows = [
        {
            "id": f"{number:03}",
            "image": None if number % 3 == 0 else f"pictures/{number % PICTURES}.png",
            "text": f"words of row {number}",
            "price": number,
        }
        for number in range(ROWS)
    ]
    for bad in rows[1 : ROWS : ROWS // BAD]:
        bad["image"] = "pictures/bad.png"
    path = tmp_path / f"products.{request.param}"
    if request.param == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif request.param == "ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return path


def start(folder: Path, model: Path, table: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IMPORT, str(folder), str(model), str(table)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed(folder: Path, model: Path, table: Path, commits: int) -> int:
    """How many rows an import had told of when it was killed, some commits after its first."""
    done = 0
    with start(folder, model, table) as child:
        assert child.stdout is not None
        for _ in range(1 + commits):
            done = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        said = [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    assert child.returncode == -signal.SIGKILL
    return max(done, *(int(line) for line in said)) if said else done


def test_an_import_goes_on_where_it_was_killed_and_embeds_nothing_twice(
    tmp_path: Path, tiny: Path, table: Path
) -> None:
    chance = random.Random(table.suffix)
    folder = tmp_path / "shop"
    known = 0
    for _ in range(3):
        told = killed(folder, tiny, table, commits=chance.randrange(1, 8))
        assert pixie.verify(folder, full=True).findings == ()
        with pixie.open(folder, read_only=True) as shop:
            assert known + told <= len(shop) < ROWS - BAD
            known = len(shop)
            for item in shop.items():
                assert item.text == f"words of row {item.metadata['price']}"
                assert set(item.vectors) == ({"text"} if item.path is None else {"image", "text"})
            failed = {failure.id for failure in shop.failures()}
    with start(folder, tiny, table) as child:
        said = child.communicate()[0]
    assert child.returncode == 0
    added, updated, unchanged, failed_before = map(int, said.splitlines()[-1].split()[1:])
    assert (added, updated, unchanged) == (ROWS - BAD - known, 0, known)
    assert failed_before == len(failed)
    assert pixie.verify(folder, full=True).sound
    with pixie.open(folder, read_only=True) as shop:
        stats = shop.stats()
        assert (stats["items"], stats["failures"]) == (ROWS - BAD, BAD)
        vectors = sum(stats["vectors"].values())
        # What was embedded and not committed was cut off; every row that stayed is in use.
        assert (shop.holdings.store.state().rows, stats["dead_rows"]) == (vectors, 0)
