"""Two writers, a clock that goes backwards, names that are no UTF-8: a clear error, or none."""

from __future__ import annotations

import os
import platform
import re
from typing import TYPE_CHECKING

import pytest

import pixie
from collection_fixtures import put, start_python, unwritable
from pixie import upsert
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from sample_pictures import drawing, photograph
from test_verify import filled

if TYPE_CHECKING:
    from pathlib import Path


def test_the_second_writer_is_told_who_the_first_is_and_since_when(folder: Path) -> None:
    with start_python(
        "holdings = Holdings(Path(sys.argv[1])); print('open', flush=True); time.sleep(600)", str(folder)
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(CollectionError) as caught:
            Holdings(folder)
        child.kill()
    assert caught.value.code == "locked"
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    host = re.escape(platform.node())
    assert re.search(f"by process {child.pid} on {host} since {time}", caught.value.message)
    # The lock has died with its owner.
    Holdings(folder).close()


def test_a_lock_file_of_any_content_names_nobody(folder: Path) -> None:
    import fcntl

    with (folder / "writer.lock").open("wb") as file:
        file.write(b"\xff\0 nobody")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CollectionError, match="is being written by process"):
            Holdings(folder)


def test_a_clock_that_goes_backwards_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Holdings(folder) as holdings:
        put(holdings, "a", "b")
        monkeypatch.setattr(upsert, "now", lambda: "1980-01-01T00:00:00Z")
        put(holdings, "c", "a")
        items = {item.id: item.added or "" for item in holdings.page(None, 0, None)[0]}
        # An item keeps the moment when its id was first added.
        assert items["c"] < items["a"] == items["b"]
    assert pixie.verify(folder, full=True).sound


def test_a_file_that_was_changed_in_the_past_has_changed(tmp_path: Path) -> None:
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    drawing().save(pictures / "a.png")
    with pixie.open(tmp_path / "photos", model="demo") as photos:
        photos.index(pictures)
        photograph(90, 60).save(pictures / "a.png")
        os.utime(pictures / "a.png", ns=(0, 1_000_000_000))
        assert photos.index(pictures).updated == 1
        item = photos.get("Pictures/a.png")
        assert item is not None
        assert (item.width, item.mtime_ns) == (90, 1_000_000_000)
        os.utime(pictures / "a.png", ns=(0, 1 << 62))
        assert photos.index(pictures).unchanged == 1


def test_a_folder_that_cant_be_written_is_read(folder: Path) -> None:
    filled(folder)
    with unwritable(folder):
        with pytest.raises(CollectionError) as caught:
            Holdings(folder)
        assert caught.value.code == "read_only"
        with Holdings(folder, read_only=True) as reader:
            assert len(reader) == 19
            with pytest.raises(CollectionError) as refused:
                put(reader, "new")
    assert refused.value.code == "read_only"
    assert pixie.verify(folder).sound
