"""A disk that fills up under a real process: a clear error, what was committed stays, the next run goes on.

A limit on the size of files stands for the disk: it needs no rights, and to SQLite it is an I/O error, as a
used-up quota is.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import pixie
from drawn_pictures import draw
from pixie.database import database_errors
from pixie.disk import lack_of_room
from pixie.errors import CollectionError

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 300
LIMIT = 256 * 1024

# Tells of each commit, then of what ended it.
RUN = """
import json, sys, pixie
done = 0
def tell(progress):
    global done
    done = progress.done
try:
    with pixie.open(sys.argv[1], sys.argv[2]) as photos:
        if sys.argv[3].endswith(".csv"):
            report = photos.import_table(sys.argv[3], progress=tell, batch_size=4)
        else:
            report = photos.index(sys.argv[3], progress=tell, batch_size=4)
    print(json.dumps({"done": done, "added": report.added, "unchanged": report.unchanged}))
except pixie.PixieError as error:
    print(json.dumps({"done": done, **error.as_dict()}))
    sys.exit(1)
"""


def run(folder: Path, model: Path, source: Path, limit: int | None = None) -> tuple[int, dict[str, Any]]:
    """The exit code and the last words of a process whose files may not grow beyond `limit` bytes."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", RUN, str(folder), str(model), str(source)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, preexec_fn=limited, check=False)
    return ended.returncode, json.loads(ended.stdout)


@pytest.fixture(params=["index", "import"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What is taken in: a folder of pictures, or a table."""
    if request.param == "index":
        return draw(tmp_path / "Pictures", COUNT)
    table = tmp_path / "words.csv"
    table.write_text("id,text\n" + "".join(f"{number},words of row {number}\n" for number in range(COUNT)))
    return table


def test_a_run_that_finds_no_room_says_so_and_the_next_one_goes_on(
    tmp_path: Path, tiny: Path, source: Path
) -> None:
    folder = tmp_path / "photos"
    code, said = run(folder, tiny, source, LIMIT)
    assert (code, said["type"], said["code"]) == (1, "collection", "disk_full")
    assert "no room to write" in said["message"]
    assert "what was committed before is safe" in said["message"]
    assert 0 < said["done"] < COUNT
    assert pixie.verify(folder, full=True).findings == ()
    with pixie.open(folder, read_only=True) as photos:
        assert len(photos) == said["done"]
        assert photos.failures() == []
    code, again = run(folder, tiny, source)
    assert (code, again["added"], again["unchanged"]) == (0, COUNT - said["done"], said["done"])
    assert pixie.verify(folder, full=True).sound
    with pixie.open(folder, read_only=True) as photos:
        assert len(photos) == COUNT


@pytest.mark.parametrize("limit", [0, 4096, 20_000])
def test_a_collection_that_finds_no_room_to_begin_is_begun_by_the_next_run(
    tmp_path: Path, tiny: Path, limit: int
) -> None:
    """At the lock, the database, or what SQLite keeps beside it."""
    table = tmp_path / "words.csv"
    table.write_text("id,text\na,a box\n")
    code, said = run(tmp_path / "photos", tiny, table, limit)
    assert (code, said["code"]) == (1, "disk_full"), said
    code, said = run(tmp_path / "photos", tiny, table)
    assert (code, said["added"]) == (0, 1)
    assert pixie.verify(tmp_path / "photos", full=True).sound


def test_an_error_of_the_disk_is_no_lack_of_room(tmp_path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    for ioerr_read_or_write in (266, 778):
        error.sqlite_errorcode = ioerr_read_or_write
        with pytest.raises(CollectionError) as caught, database_errors(tmp_path / "items.sqlite"):
            raise error
        assert caught.value.code == "damaged"
    assert lack_of_room(tmp_path / "items.sqlite") is None
