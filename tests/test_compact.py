"""Compacting gives room back, changes nothing of what is found, and may end at any moment."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from collection_fixtures import DIMENSION, found, hits, make, put, run_python, start_python, unit
from pixie.disk import folder_size
from pixie.errors import CollectionError
from pixie.filters import Filter
from pixie.holdings import Holdings
from pixie.listing import Selection
from test_verify import LAYERED, filled

if TYPE_CHECKING:
    from pathlib import Path

    from pixie.items import Item

COUNT = 20
OTHERS = [f"item-{number}" for number in range(COUNT) if number != 4]


def content(folder: Path) -> list[tuple[Item, list[float]]]:
    """Every item with its vector's bits."""
    with Holdings(folder, read_only=True) as holdings:
        items, _ = holdings.page(None, 0, None)
        return [(item, list(holdings.part_of(item.id, 1.0).vector)) for item in items]


def test_removed_rows_go_and_everything_else_stays(folder: Path) -> None:
    filled(folder, COUNT)
    with Holdings(folder) as holdings:
        holdings.store.set_places({"Pictures": "/pictures"}, {})
        created = holdings.created
    before = content(folder)
    report = pixie.compact(folder)
    assert (report.rows, report.removed_rows, report.dry_run) == (COUNT - 1, 2, False)
    assert report.removed_bytes == 2 * 4 * DIMENSION
    assert report.bytes_before > report.bytes_after
    assert content(folder) == before
    assert pixie.verify(folder, full=True).findings == ()
    with Holdings(folder) as holdings:
        assert (holdings.store.folder / "vectors.f32").stat().st_size == (COUNT - 1) * 4 * DIMENSION
        assert holdings.created == created
        assert holdings.stats()["roots"] == [{"name": "Pictures", "path": "/pictures"}]
        for name in OTHERS:
            assert found(holdings, unit(name), 1, min_score=0.99) == [name]
        assert put(holdings, "item-4") == (1, 0)
        assert found(holdings, unit("item-4"), 1, min_score=0.99) == ["item-4"]
    assert pixie.verify(folder, full=True).sound


def test_nothing_is_done_where_nothing_was_removed(folder: Path) -> None:
    with Holdings(folder) as holdings:
        put(holdings, "one", "two")
    before = (folder / "collection.json").read_bytes()
    report = pixie.compact(folder)
    assert (report.rows, report.removed_rows) == (2, 0)
    assert report.bytes_before == report.bytes_after
    assert (folder / "collection.json").read_bytes() == before


def test_a_dry_run_says_what_there_is_and_changes_nothing_beside_a_writer(folder: Path) -> None:
    filled(folder, COUNT)
    before = folder_size(folder)
    with Holdings(folder) as writer:
        report = pixie.compact(folder, dry_run=True)
        assert (report.rows, report.removed_rows, report.dry_run) == (COUNT - 1, 2, True)
        put(writer, "later")
    assert folder_size(folder) >= before


def test_a_collection_that_lost_every_item_is_empty(folder: Path) -> None:
    with Holdings(folder) as holdings:
        put(holdings, "one", "two")
        holdings.remove(["one", "two"])
    assert pixie.compact(folder).rows == 0
    with Holdings(folder) as holdings:
        assert len(holdings) == 0
        put(holdings, "three")
        assert found(holdings, unit("three"), 1) == ["three"]


def test_again_and_again(folder: Path) -> None:
    for turn in range(3):
        filled(folder, COUNT)
        assert pixie.compact(folder).removed_rows > 0
        assert [entry.name for entry in folder.glob("edition-*")] == [f"edition-{turn + 2}"]
        assert pixie.verify(folder, full=True).sound


def test_a_layered_index_is_there_for_the_next_one(tmp_path: Path) -> None:
    folder = filled(make(tmp_path / "photos", LAYERED), 300)
    with Holdings(folder, read_only=True) as holdings:
        before = [hits(holdings, unit(f"item-{number}"), exact=True) for number in range(20)]
    pixie.compact(folder)
    with Holdings(folder, read_only=True) as holdings:
        assert holdings.stats()["index"]["rows"] == 299
        assert [hits(holdings, unit(f"item-{number}"), exact=True) for number in range(20)] == before
    assert pixie.verify(folder, full=True).findings == ()


def test_readers_go_on_and_take_the_new_edition_up(folder: Path) -> None:
    filled(folder, COUNT)
    where = Filter.parse("id like 'item-1%'")
    with Holdings(folder, read_only=True) as reader:
        assert found(reader, unit("item-9"), 1) == ["item-9"]
        before = reader.page(None, 0, None)
        running = reader.listing.every(Selection())
        first = next(running)
        pixie.compact(folder)
        # What began before reads on in the files that have gone.
        assert [first.id, *(item.id for item in running)] == [item.id for item in before[0]]
        assert reader.page(None, 0, None) == before
        assert found(reader, unit("item-9"), 1) == ["item-9"]
        assert set(found(reader, unit("item-9"), 30, where=where)) == {
            name for name in OTHERS if name.startswith("item-1")
        }
        with Holdings(folder) as writer:
            put(writer, "new")
        assert found(reader, unit("new"), 1) == ["new"]


def test_a_reader_that_went_on_holds_no_file_of_the_edition_before(tmp_path: Path) -> None:
    folder = filled(make(tmp_path / "photos", LAYERED), 300)
    reader = start_python(
        """
        import gc
        gc.disable()
        with Holdings(Path(sys.argv[1]), read_only=True) as reader:
            for _ in range(2):
                assert found(reader, unit("item-9"), 1) == ["item-9"]
                held = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
                print([path for path in held if "(deleted)" in path and "photos" in path], flush=True)
                sys.stdin.readline()
        """,
        str(folder),
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    assert reader.stdout.readline() == "[]\n"
    pixie.compact(folder)
    assert reader.communicate("go on\ngo on\n", timeout=120)[0] == "[]\n"
    assert reader.returncode == 0


def test_readers_in_other_processes_see_no_moment_without_an_answer(folder: Path) -> None:
    filled(folder, 200)
    reader = start_python(
        """
        with Holdings(Path(sys.argv[1]), read_only=True) as holdings:
            print("ready", flush=True)
            turns = 0
            while not Path(sys.argv[2]).exists() or turns < 50:
                name = f"item-{5 + turns % 190}"
                assert found(holdings, unit(name), 1) == [name], name
                assert len(holdings) == 199
                turns += 1
            print(turns, flush=True)
        """,
        str(folder),
        str(folder.parent / "stop"),
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for _ in range(5):
        with Holdings(folder) as writer:
            put(writer, "item-3")
        pixie.compact(folder)
    (folder.parent / "stop").touch()
    said, _ = reader.communicate(timeout=120)
    assert reader.returncode == 0, said
    assert int(said) >= 50


@pytest.mark.parametrize("moment", ["before the manifest", "before the old files go"])
def test_an_end_at_the_last_moments_leaves_one_edition_whole(folder: Path, moment: str) -> None:
    filled(folder, COUNT)
    before = content(folder)
    run_python(
        f"""
        import pixie, pixie.manifest, pixie.open_folder
        publish = pixie.open_folder.publish
        def end(*_):
            os.kill(os.getpid(), 9)
        def publish_and_end(*arguments):
            if {moment!r} == "before the manifest":
                pixie.manifest.Manifest.write = end
            publish(*arguments)
            end()
        pixie.open_folder.publish = publish_and_end
        pixie.compact(Path({str(folder)!r}))
        """,
        code=-9,
    )
    assert content(folder) == before
    assert pixie.verify(folder, full=True).findings == ()
    with Holdings(folder) as holdings:
        put(holdings, "later")
    # The writer has removed what was left over.
    assert len(list(folder.rglob("items.sqlite"))) == 1
    assert len(list(folder.rglob("vectors.f32"))) == 1
    pixie.compact(folder)
    assert [item for item, _ in content(folder)][:-1] == [item for item, _ in before]


def test_a_writer_is_in_the_way_and_named(folder: Path) -> None:
    filled(folder, COUNT)
    with Holdings(folder), pytest.raises(CollectionError) as caught:
        pixie.compact(folder)
    assert caught.value.code == "locked"


def test_a_full_disk_is_said_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder, COUNT)
    before = content(folder)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(CollectionError) as caught:
        pixie.compact(folder)
    assert caught.value.code == "disk_full"
    assert content(folder) == before
    assert not list(folder.glob("unfinished-*"))


def test_vectors_that_are_missing_are_no_reason_to_lose_the_others(folder: Path) -> None:
    filled(folder, COUNT)
    shutil.copy(folder / "vectors.f32", folder.parent / "whole")
    with Holdings(folder, read_only=True) as holdings:
        rows = holdings.store.state().rows
    os.truncate(folder / "vectors.f32", (rows - 1) * 4 * DIMENSION)
    with pytest.raises(CollectionError) as caught:
        pixie.compact(folder)
    assert caught.value.code == "damaged"
    shutil.copy(folder.parent / "whole", folder / "vectors.f32")
    assert pixie.verify(folder).sound


def test_copies_and_backups_of_it_are_collections_like_others(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path / "home"))
    filled(folder, COUNT)
    pixie.compact(folder)
    before = content(folder)
    assert pixie.collection_info(folder).items == COUNT - 1
    copy = pixie.copy_collection(folder, tmp_path / "copy")
    pixie.backup(folder, tmp_path / "all.zip")
    pixie.restore(tmp_path / "all.zip", tmp_path / "restored")
    moved = pixie.rename_collection(folder, tmp_path / "moved")
    for path in (copy, tmp_path / "restored", moved):
        assert content(path) == before
        assert pixie.verify(path, full=True).findings == ()
    pixie.delete_collection(moved)
    assert not moved.exists()


def test_a_lost_manifest_is_made_again_for_the_edition_that_counts(folder: Path) -> None:
    filled(folder, COUNT)
    pixie.compact(folder)
    before = content(folder)
    manifest = json.loads((folder / "collection.json").read_bytes())
    assert manifest["edition"] == 2
    (folder / "collection.json").unlink()
    del manifest["edition"]
    (folder / "collection.json.1.tmp").write_text(json.dumps(manifest))
    assert not pixie.repair(folder).left
    assert content(folder) == before


def test_damage_of_a_later_edition_is_repaired(folder: Path) -> None:
    filled(folder, COUNT)
    pixie.compact(folder)
    path = folder / "edition-2" / "vectors.f32"
    with path.open("r+b") as file:
        file.write(np.full(DIMENSION, np.nan, "<f4").tobytes())
    assert set(pixie.verify(folder).counts) == {"vector_not_finite"}
    assert not pixie.repair(folder).left
    with Holdings(folder) as holdings:
        assert len(holdings) == COUNT - 2
