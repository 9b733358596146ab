"""A backup is one moment of the collection, whole or not there; a restored one is what was backed up."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from bridge_calls import call
from collection_fixtures import (
    DIMENSION,
    HARD_STRINGS,
    found,
    make,
    put,
    run_python,
    start_python,
    unit,
    unwritable,
)
from pixie.errors import CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.manifest import Model
from pixie.opening import create_collection
from pixie.records import Record
from test_damage import largest_file
from test_verify import filled, layered, write_row

if TYPE_CHECKING:
    from pathlib import Path


def content(folder: Path) -> dict[str, object]:
    """All that a collection holds, but for its name and the order of its rows."""
    with Holdings(folder, read_only=True) as holdings:
        items = holdings.page(None, 0, None)[0]
        vectors = {}
        for item in items:
            part = holdings.part_of(item.id, 1.0)
            vectors[item.id] = part.vector.tobytes()
        return {
            "items": items,
            "vectors": vectors,
            "failures": holdings.failures(0, None)[0],
            "model": holdings.model,
        }


def hard(folder: Path) -> Path:
    """A collection with ids of every sort, dead rows and a failure."""
    filled(folder)
    with Holdings(folder) as holdings:
        records = [
            Record(name, text=name, metadata={"of": name}, vectors=(("text", row),))
            for row, name in enumerate(HARD_STRINGS)
        ]
        holdings.commit(records, np.stack([unit(name) for name in HARD_STRINGS]))
    return folder


def test_what_is_restored_is_what_was_backed_up(folder: Path, tmp_path: Path) -> None:
    hard(folder)
    made = pixie.backup(folder, tmp_path / "photos.backup")
    assert (made.items, made.rows) == (29, 31)
    assert made.bytes == (tmp_path / "photos.backup").stat().st_size
    restored = pixie.restore(tmp_path / "photos.backup", tmp_path / "again")
    assert (restored.items, restored.rows, restored.created) == (29, 31, made.created)
    assert content(tmp_path / "again") == content(folder)
    assert pixie.verify(tmp_path / "again", full=True).sound
    with Holdings(tmp_path / "again") as holdings:
        assert holdings.name == "again"
        put(holdings, "new")
        assert found(holdings, unit("new"), 1, min_score=0.99) == ["new"]
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_index_is_left_out_and_made_again(tmp_path: Path) -> None:
    folder = layered(tmp_path / "photos")
    pixie.backup(folder, tmp_path / "b")
    pixie.restore(tmp_path / "b", tmp_path / "again")
    assert not (tmp_path / "again" / "index").exists()
    with Holdings(tmp_path / "again") as holdings:
        assert found(holdings, unit("item-100"), 1, min_score=0.99) == ["item-100"]
        put(holdings, "new")
    assert (tmp_path / "again" / "index" / "header.json").exists()


def test_any_zip_tool_reads_a_backup(folder: Path, tmp_path: Path) -> None:
    pixie.backup(filled(folder), tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["backup.json", "collection.json", "items.sqlite", "vectors.f32"]
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read("vectors.f32") == (folder / "vectors.f32").read_bytes()
        facts = json.loads(archive.read("backup.json"))
        assert (facts["format"], facts["name"], facts["rows"]) == (1, "photos", 21)


WRITER = """
import itertools
holdings = Holdings(Path(sys.argv[1]))
print("open", flush=True)
for turn in itertools.count():
    put(holdings, *(f"{turn % 50}-{number}" for number in range(20)))
    holdings.remove([f"{turn % 50}-3"])
"""


def test_backups_taken_while_it_is_written_are_each_one_moment(folder: Path, tmp_path: Path) -> None:
    with start_python(WRITER, str(folder)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        try:
            rows = [0]
            while len(rows) < 6 or rows[-1] < 1000:
                (tmp_path / "b").unlink(missing_ok=True)
                rows.append(pixie.backup(folder, tmp_path / "b").rows)
                again = tmp_path / f"again-{len(rows)}"
                pixie.restore(tmp_path / "b", again)
                report = pixie.verify(again, full=True)
                assert report.findings == ()
                # Each commit has 20 items or none, and each removal takes one.
                assert report.items is not None
        finally:
            child.kill()
    assert rows == sorted(rows)


def test_a_reader_backs_up_what_it_may_not_write(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    target = tmp_path / "elsewhere"
    target.mkdir(mode=0o777)
    target.chmod(0o777)
    with unwritable(folder):
        pixie.backup(folder, target / "b")
    pixie.restore(target / "b", tmp_path / "again")
    assert content(tmp_path / "again") == content(folder)


def test_nothing_is_written_over(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    (tmp_path / "b").write_text("mine")
    with pytest.raises(InvalidInputError, match="already"):
        pixie.backup(folder, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"
    pixie.backup(folder, tmp_path / "c")
    before = content(folder)
    with pytest.raises(InvalidInputError, match="already"):
        pixie.restore(tmp_path / "c", folder)
    assert content(folder) == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInputError, match="already"):
        pixie.restore(tmp_path / "c", tmp_path / "file")
    (tmp_path / "empty").mkdir()
    pixie.restore(tmp_path / "c", tmp_path / "empty")
    assert content(tmp_path / "empty") == before


def test_a_full_disk_leaves_no_half_backup_and_no_half_collection(tmp_path: Path) -> None:
    wide = 4096
    folder = tmp_path / "wide"
    create_collection(folder, Model("wide", "0" * 32, wide))
    with Holdings(folder) as holdings:
        rows = np.eye(100, wide, dtype=np.float32)
        records = [Record(f"{row}", text=f"{row}", vectors=(("text", row),)) for row in range(100)]
        holdings.commit(records, rows)
    target = tmp_path / "target"
    target.mkdir()
    with largest_file(1 << 20), pytest.raises(CollectionError, match="no room") as caught:
        pixie.backup(folder, target / "b")
    assert caught.value.code == "disk_full"
    assert list(target.iterdir()) == []
    pixie.backup(folder, target / "b")
    with largest_file(1 << 20), pytest.raises(CollectionError, match="no room") as caught:
        pixie.restore(target / "b", target / "again")
    assert caught.value.code == "disk_full"
    assert [path.name for path in target.iterdir()] == ["b"]


def test_a_folder_that_cant_be_written_is_said_so(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    target = tmp_path / "target"
    target.mkdir()
    with unwritable(target), pytest.raises(CollectionError) as caught:
        pixie.backup(folder, target / "b")
    assert caught.value.code == "read_only"


def test_a_backup_that_is_killed_leaves_no_file_of_its_name(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    for step in range(5):
        run_python(
            f"""
            from pixie.care.backing_up import backup_steps
            steps = backup_steps(Path({str(folder)!r}), Path({str(tmp_path / "b")!r}))
            for number, _ in enumerate(steps):
                if number == {step}:
                    os.kill(os.getpid(), 9)
            """,
            code=-9 if step < 4 else 0,
        )
        assert (tmp_path / "b").exists() == (step == 4)
    pixie.restore(tmp_path / "b", tmp_path / "again")


def test_a_restore_that_is_killed_leaves_no_collection(folder: Path, tmp_path: Path) -> None:
    pixie.backup(filled(folder), tmp_path / "b")
    for step in range(3):
        run_python(
            f"""
            from pixie.care.backing_up import restore_steps
            file, folder = Path({str(tmp_path / "b")!r}), Path({str(tmp_path / "again")!r})
            for number, _ in enumerate(restore_steps(file, folder)):
                if number == {step}:
                    os.kill(os.getpid(), 9)
            """,
            code=-9,
        )
        assert not (tmp_path / "again").exists()
    pixie.restore(tmp_path / "b", tmp_path / "again")
    assert content(tmp_path / "again") == content(folder)


def test_a_flipped_bit_anywhere_in_a_backup_is_found(folder: Path, tmp_path: Path) -> None:
    pixie.backup(filled(folder), tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    chance = np.random.default_rng(0)
    for place in chance.integers(0, len(whole), 150).tolist():
        changed = whole[:place] + bytes((whole[place] ^ 4,)) + whole[place + 1 :]
        (tmp_path / "changed").write_bytes(changed)
        try:
            pixie.restore(tmp_path / "changed", tmp_path / f"again-{place}")
        except CollectionError as error:
            assert error.code in {"damaged", "newer_format"}
            assert not (tmp_path / f"again-{place}").exists()
        else:
            # Times and such in the directory, which say nothing of what is in the files.
            assert content(tmp_path / f"again-{place}") == content(folder)


@pytest.mark.parametrize("keep", [0, 10, 1000, -100, -1])
def test_a_backup_cut_short_is_refused(folder: Path, tmp_path: Path, keep: int) -> None:
    pixie.backup(filled(folder), tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(whole[:keep])
    with pytest.raises(CollectionError) as caught:
        pixie.restore(tmp_path / "b", tmp_path / "again")
    assert caught.value.code == "damaged"
    assert not (tmp_path / "again").exists()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no file"):
        pixie.restore(tmp_path / "nothing", tmp_path / "again")
    with pytest.raises(CollectionError, match="it is a folder"):
        pixie.restore(tmp_path, tmp_path / "again")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("../collection.json", "{}")
    with pytest.raises(CollectionError, match="no backup"):
        pixie.restore(tmp_path / "other.zip", tmp_path / "again")


def test_vectors_that_are_missing_are_no_backup(folder: Path, tmp_path: Path) -> None:
    os.truncate(filled(folder) / "vectors.f32", 3 * 4 * DIMENSION)
    with pytest.raises(CollectionError, match="shorter than the rows"):
        pixie.backup(folder, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_an_empty_collection_is_backed_up_as_well(tmp_path: Path) -> None:
    pixie.backup(make(tmp_path / "photos"), tmp_path / "b")
    assert pixie.restore(tmp_path / "b", tmp_path / "again").items == 0
    Holdings(tmp_path / "again").close()


def test_damage_is_backed_up_as_it_is_and_repaired_afterwards(folder: Path, tmp_path: Path) -> None:
    write_row(filled(folder), 9, np.zeros(DIMENSION))
    pixie.backup(folder, tmp_path / "b")
    pixie.restore(tmp_path / "b", tmp_path / "again")
    assert pixie.verify(tmp_path / "again").counts == {"vector_not_unit": 1}
    assert pixie.repair(tmp_path / "again").sound


def test_java_gets_the_reports_as_json(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    keys = ["path", "file", "items", "rows", "bytes", "created", "seconds"]
    for name, target in (("collection_backup", folder), ("collection_restore", tmp_path / "again")):
        job = call(name, path=str(target), file=str(tmp_path / "b"))["job"]
        while (answer := call("job_step", job=job))["report"] is None:
            pass
        assert list(answer["report"]) == keys
    assert content(tmp_path / "again") == content(folder)
