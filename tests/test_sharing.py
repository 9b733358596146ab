"""One writer and many readers, in this process and in others, and folders that can't be written."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from collection_fixtures import (
    crash_while_writing,
    found,
    put,
    run_python,
    start_python,
    unit,
    unwritable,
)
from pixie.errors import CollectionError
from pixie.holdings import Holdings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_writer_is_told_who_has_the_collection(folder: Path, holdings: Holdings) -> None:
    with pytest.raises(CollectionError, match="already open for writing in this process") as caught:
        Holdings(folder)
    assert caught.value.code == "locked"
    said = run_python(
        f"""
        try:
            Holdings(Path({str(folder)!r}))
        except CollectionError as error:
            print(error.code, error)
        """
    )
    assert f"locked the collection {folder} is being written by process {os.getpid()}" in said


def test_the_lock_ends_with_its_process_however_that_ends(folder: Path) -> None:
    script = f"holdings = Holdings(Path({str(folder)!r})); print('open', flush=True); time.sleep(60)"
    with start_python(script) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(CollectionError, match=f"written by process {child.pid}"):
            Holdings(folder)
        child.send_signal(signal.SIGKILL)
        child.wait()
    Holdings(folder).close()


def test_a_reader_in_another_process_sees_commits_as_they_are_made(folder: Path) -> None:
    script = f"""
        holdings = Holdings(Path({str(folder)!r}))
        for line in sys.stdin:
            put(holdings, line.strip()); print("done", flush=True)
        """
    with start_python(script) as writer, Holdings(folder, read_only=True) as reader:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for count, name in enumerate(["a", "b", "c"], start=1):
            writer.stdin.write(f"{name}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "done\n"
            assert len(reader) == count
            assert found(reader, unit(name), 1, min_score=0.99) == [name]


def test_a_reader_may_not_write(folder: Path) -> None:
    reader = Holdings(folder, read_only=True)
    for write in (lambda: put(reader, "a"), lambda: reader.remove(["a"])):
        with pytest.raises(CollectionError, match="was opened read-only") as caught:
            write()
        assert caught.value.code == "read_only"
    reader.close()


def test_a_folder_that_cant_be_written_can_be_read(folder: Path) -> None:
    holdings = Holdings(folder)
    put(holdings, "a", "b")
    holdings.close()
    with unwritable(folder):
        reader = Holdings(folder, read_only=True)
        assert found(reader, unit("b"), 1) == ["b"]
        assert [item.id for item in reader.page(None, 0, None)[0]] == ["a", "b"]
        reader.close()
        with pytest.raises(CollectionError, match="can't be written") as caught:
            Holdings(folder)
        assert caught.value.code == "read_only"


def test_an_unwritable_folder_that_was_left_by_a_crash_says_what_to_do(folder: Path) -> None:
    crash_while_writing(folder)
    (folder / "items.sqlite-shm").unlink()
    with unwritable(folder):
        with pytest.raises(CollectionError, match="was not closed properly") as caught:
            Holdings(folder, read_only=True)
        assert caught.value.code == "read_only"
        assert "copy the folder" in str(caught.value)
    reader = Holdings(folder, read_only=True)
    assert found(reader, unit("last"), 1) == ["last"]
    reader.close()
