"""Collections whose files are replaced under who has them open, and what else may stand in their folders."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import pixie
from collection_fixtures import found, make, put, unit
from pixie import editions
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from pixie.manifest import Manifest
from test_verify import change, filled

if TYPE_CHECKING:
    from pathlib import Path


def test_a_reader_goes_over_to_a_collection_that_was_deleted_and_made_again(folder: Path) -> None:
    with Holdings(folder) as writer:
        put(writer, "old-a", "old-b", "old-c")
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("old-a"), 1) == ["old-a"]
        shutil.rmtree(folder)
        make(folder)
        with Holdings(folder) as writer:
            put(writer, "new-x", "new-y", "new-z", "new-w")
        assert found(reader, unit("new-y"), 1, min_score=0.99) == ["new-y"]
        assert found(reader, unit("old-a"), 4, min_score=0.99) == []
        assert len(reader) == 4


def test_a_reader_sees_what_is_committed_after_a_repair(folder: Path) -> None:
    filled(folder, 2000)
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("item-9"), 1) == ["item-9"]
        with (folder / "items.sqlite").open("r+b") as file:
            file.seek(20 * 4096)
            file.write(b"\xff" * 4096)
        assert "records_salvaged" in {action.code for action in pixie.repair(folder).actions}
        with Holdings(folder) as writer:
            put(writer, "later")
        assert found(reader, unit("later"), 1, min_score=0.99) == ["later"]


def older(folder: Path) -> None:
    """Make it a collection of format 2."""
    change(folder, "DROP TABLE failed_rows", "PRAGMA user_version = 2")
    replace(Manifest.read(folder), format=2).write(folder)


def test_a_damaged_collection_of_an_older_format_is_repaired_and_then_upgraded(folder: Path) -> None:
    filled(folder, 2000)
    older(folder)
    with (folder / "items.sqlite").open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 4096)
    pixie.repair(folder)
    with Holdings(folder) as holdings:
        assert len(holdings) > 1500
        put(holdings, "later")
        assert holdings.failures(0, None)[1] > 0
    assert pixie.verify(folder).sound


def test_nothing_is_made_where_the_items_of_an_older_format_are_missing(folder: Path) -> None:
    with Holdings(folder) as holdings:
        put(holdings, "one")
    older(folder)
    (folder / "items.sqlite").rename(folder.parent / "kept")
    with pytest.raises(CollectionError, match="is missing"):
        Holdings(folder)
    assert json.loads((folder / "collection.json").read_text())["format"] == 2
    (folder.parent / "kept").rename(folder / "items.sqlite")
    with Holdings(folder) as holdings:
        assert found(holdings, unit("one"), 1) == ["one"]


def test_salvaging_a_table_that_was_never_there_takes_no_time(folder: Path) -> None:
    filled(folder, 3000)
    with closing(sqlite3.connect(folder / "items.sqlite")) as records, records:
        records.execute("DROP TABLE failed_rows")
    with (folder / "items.sqlite").open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 4096)
    report = pixie.repair(folder)
    (message,) = (action.message for action in report.actions if action.code == "records_salvaged")
    assert "0 of failed_rows" in message
    assert int(message.rpartition("were read, ")[2].split()[0]) < 3000


def test_other_folders_of_a_like_name_are_left_alone(folder: Path) -> None:
    (folder / "edition-2.bak").mkdir()
    filled(folder, 20)
    pixie.compact(folder)
    with Holdings(folder) as holdings:
        put(holdings, "later")
    assert (folder / "edition-2.bak").is_dir()


def test_a_collection_is_deleted_through_a_link(folder: Path) -> None:
    filled(folder, 20)
    link = folder.parent / "link"
    link.symlink_to(folder)
    pixie.delete_collection(link)
    assert not folder.exists()
    assert not link.is_symlink()


@pytest.mark.parametrize("what", ["copy", "backup"])
def test_a_copy_that_a_compaction_overtakes_is_of_the_new_edition(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    filled(folder, 20)
    before = Manifest.read(folder)
    pixie.compact(folder)
    reads = iter([before])
    real = Manifest.read.__func__

    def read(cls: type[Manifest], where: Path) -> Manifest:
        # What stood there a moment before the compaction.
        return next(reads, None) or real(cls, where) if where == folder else real(cls, where)

    with monkeypatch.context() as patched:
        patched.setattr(Manifest, "read", classmethod(read))
        if what == "copy":
            made = pixie.copy_collection(folder, tmp_path / "made")
        else:
            pixie.backup(folder, tmp_path / "made.zip")
            made = tmp_path / "made"
    if what == "backup":
        pixie.restore(tmp_path / "made.zip", made)
    with Holdings(made, read_only=True) as holdings:
        assert len(holdings) == 19
    assert pixie.verify(made, full=True).sound


def test_reads_that_a_compaction_overtakes_are_of_the_new_edition(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder, 20)
    with Holdings(folder, read_only=True) as reader:
        first = reader.current()
        pixie.compact(folder)
        given = iter([first])
        current = type(reader).current
        with monkeypatch.context() as patched:
            patched.setattr(type(reader), "current", lambda own: next(given, None) or current(own))
            assert reader.part_of("item-9", 1.0).item is not None
    assert editions.data_folder(folder, 2).is_dir()


def test_an_item_that_is_replaced_while_it_is_searched_for_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Holdings(folder) as writer, Holdings(folder, read_only=True) as reader:
        put(writer, "a", "b", "c")
        kind = type(reader.current().index().current())
        search = kind.search
        turns = iter(range(2))

        def overtaken(*given: Any, **options: Any) -> Any:
            nearest = search(*given, **options)
            if next(turns, None) is not None:
                put(writer, "a")
            return nearest

        monkeypatch.setattr(kind, "search", overtaken)
        assert found(reader, unit("a"), 1, min_score=0.99) == ["a"]
        assert next(turns, None) is None


def test_a_search_that_every_commit_overtakes_ends_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Holdings(folder) as writer, Holdings(folder, read_only=True) as reader:
        put(writer, "a", "b", "c")
        kind = type(reader.current().index().current())
        search = kind.search

        def overtaken(*given: Any, **options: Any) -> Any:
            nearest = search(*given, **options)
            put(writer, "a")
            return nearest

        monkeypatch.setattr(kind, "search", overtaken)
        assert set(found(reader, unit("a"), 2)) == {"b", "c"}
