"""Collections of older formats: a writer brings them up to date, a reader says what to do."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collection_fixtures import DIMENSION, MODEL, found, put, unit
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from pixie.records import FailedFile
from pixie.reports import Failure
from pixie.store import Store

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_1 = """
CREATE TABLE items (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    path     TEXT,
    text     TEXT,
    metadata TEXT NOT NULL,
    width    INTEGER,
    height   INTEGER,
    size     INTEGER,
    mtime_ns INTEGER,
    hash     TEXT,
    added    TEXT NOT NULL
);
CREATE TABLE vectors (
    row      INTEGER PRIMARY KEY,
    item     INTEGER NOT NULL REFERENCES items (number),
    modality TEXT NOT NULL CHECK (modality IN ('image', 'text'))
);
CREATE INDEX vectors_item ON vectors (item);
CREATE TABLE removed_rows (
    row        INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL
);
CREATE INDEX removed_rows_generation ON removed_rows (generation);
CREATE TABLE failures (
    id       TEXT PRIMARY KEY,
    path     TEXT,
    code     TEXT NOT NULL,
    message  TEXT NOT NULL,
    size     INTEGER,
    mtime_ns INTEGER
);
CREATE TABLE roots (
    name TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
);
CREATE TABLE state (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    rows       INTEGER NOT NULL
);
INSERT INTO state VALUES (1, 0, 0);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A collection of format 1 with a picture and a text."""
    folder = tmp_path / "photos"
    folder.mkdir()
    np.stack([unit("a"), unit("b")]).astype("<f4").tofile(folder / "vectors.f32")
    connection = sqlite3.connect(folder / "items.sqlite")
    connection.executescript(f"""
        PRAGMA journal_mode = WAL;
        {SCHEMA_1}
        INSERT INTO items (number, id, path, metadata, width, height, size, mtime_ns, hash, added)
        VALUES (1, 'a', '/a.jpg', '{{"year": 2020}}', 4, 3, 100, 12, 'ff', '2026-05-04T03:02:00Z');
        INSERT INTO items (number, id, text, metadata, added)
        VALUES (2, 'b', 'a dog', '{{}}', '2026-05-04T03:02:00Z');
        INSERT INTO vectors VALUES (0, 1, 'image'), (1, 2, 'text');
        UPDATE state SET generation = 1, rows = 2;
    """)
    connection.commit()
    connection.close()
    manifest = {"format": 1, "name": "photos", "model": MODEL.to_json(), "created": "2026-05-04T03:02:00Z"}
    (folder / "collection.json").write_text(json.dumps(manifest))
    return folder


def check(folder: Path) -> None:
    """All of it is there and works as in a new collection."""
    with Holdings(folder) as holdings:
        first, second = holdings.get(["a", "b"])
        assert first is not None
        assert second is not None
        assert (first.path, first.metadata, first.width, first.size) == ("/a.jpg", {"year": 2020}, 4, 100)
        assert (first.sha256, first.camera, first.missing) == (None, None, None)
        assert second.text == "a dog"
        assert found(holdings, unit("b"), 1) == ["b"]
        put(holdings, "c")
        assert len(holdings) == 3
    assert json.loads((folder / "collection.json").read_text())["format"] == 3
    with Holdings(folder, read_only=True) as holdings:
        assert holdings.stats()["vectors"] == {"image": 2, "text": 1}


def test_a_writer_brings_format_1_up_to_date(old: Path) -> None:
    check(old)


def test_a_writer_brings_format_2_up_to_date(folder: Path) -> None:
    with Holdings(folder) as holdings:
        put(holdings, "a")
    with contextlib.closing(sqlite3.connect(folder / "items.sqlite")) as records:
        records.execute("DROP TABLE failed_rows")
        records.execute("PRAGMA user_version = 2")
    manifest = json.loads((folder / "collection.json").read_text())
    (folder / "collection.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(CollectionError, match="has the older format 2"):
        Holdings(folder, read_only=True)
    failed = FailedFile(Failure("row", None, "truncated", "row 7: it is cut short"), source="t.csv", said="x")
    with Holdings(folder) as holdings:
        holdings.commit([], failures=[failed])
        assert holdings.failures(0, None) == ([failed.failure], 1)
        assert found(holdings, unit("a"), 1) == ["a"]


def test_a_reader_says_what_to_do_with_format_1(old: Path) -> None:
    with pytest.raises(CollectionError, match="has the older format 1, and was opened read-only") as caught:
        Holdings(old, read_only=True)
    assert caught.value.code == "older_format"
    assert "open it for writing once" in (caught.value.fix or "")
    check(old)


def test_an_upgrade_that_was_cut_short_is_finished(old: Path) -> None:
    Store.upgrade(old, 1)
    assert json.loads((old / "collection.json").read_text())["format"] == 1
    check(old)


def test_an_upgrade_that_fails_leaves_the_collection_as_it_was(old: Path) -> None:
    connection = sqlite3.connect(old / "items.sqlite")
    connection.execute("CREATE TABLE items_sha256 (in_the_way)")
    connection.commit()
    with pytest.raises(CollectionError, match=r"items\.sqlite"):
        Holdings(old)
    connection.execute("DROP TABLE items_sha256")
    connection.commit()
    connection.close()
    check(old)


def test_dimension_of_the_fixture() -> None:
    assert len(unit("a")) == DIMENSION
