"""Several rows with one id: the last counts, the others cost nothing, and a second import does nothing."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pixie
from pixie.tables.export import ExportOptions
from pixie.tables.options import TableOptions
from pixie.tables.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Rows = list[dict[str, Any]]


@pytest.fixture
def shop(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "shop", tiny) as opened:
        yield opened


def written(folder: Path, rows: Rows, kind: str = "ndjson") -> Path:
    path = folder / f"products.{kind}"
    if kind == "ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif kind == "json":
        path.write_text(json.dumps(rows))
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, rows[0], delimiter="\t" if kind == "tsv" else ",")
            table.writeheader()
            table.writerows(rows)
    return path


def counts(report: pixie.ImportReport) -> tuple[int, int, int, int]:
    return (report.added, report.updated, report.unchanged, report.repeated)


def embedded(shop: pixie.Collection) -> int:
    return shop.holdings.store.state().rows


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "ndjson", "parquet"])
def test_the_last_row_of_an_id_counts_and_no_other_is_embedded(
    shop: pixie.Collection, tmp_path: Path, kind: str
) -> None:
    rows = [
        {"id": f"{number % 40:03}", "text": f"words of row {number}", "n": number} for number in range(97)
    ]
    source = written(tmp_path, rows, kind)
    report = shop.import_table(source, batch_size=8)
    assert (counts(report), report.rows) == ((40, 0, 0, 57), 97)
    assert [warning.code for warning in report.warnings] == ["repeated_ids"]
    assert report.warnings[0].message.startswith("rows passed over because later ones have their ids: 57 (")
    assert report.warnings[0].message.endswith("the first is row 1, '000')")
    assert embedded(shop) == 40
    for item in shop.items():
        number = item.metadata["n"]
        assert (item.text, int(number) + 40 >= 97) == (f"words of row {number}", True)
    before = shop.holdings.store.state()
    assert counts(shop.import_table(source, batch_size=8)) == (0, 0, 40, 57)
    assert shop.holdings.store.state() == before


def test_a_bad_row_is_no_failure_when_a_later_one_has_its_id(shop: pixie.Collection, tmp_path: Path) -> None:
    rows: Rows = [{"id": "a", "text": ["list"]}, {"id": "a", "text": "a box"}]
    report = shop.import_table(written(tmp_path, rows))
    assert (counts(report), report.failures) == ((1, 0, 0, 1), ())
    assert shop.failures() == []
    # The last row counts although it is bad.
    report = shop.import_table(
        written(tmp_path, [{"id": "b", "text": "a box"}, {"id": "b", "text": ["list"]}])
    )
    assert (counts(report), [failure.id for failure in report.failures]) == ((0, 0, 0, 1), ["b"])


def test_rows_without_ids_that_say_the_same_are_embedded_once(shop: pixie.Collection, tmp_path: Path) -> None:
    rows: Rows = [{"text": "a box", "n": 1}, {"text": "a chair", "n": 1}, {"text": "a box", "n": 1}]
    source = written(tmp_path, rows)
    report = shop.import_table(source)
    assert (counts(report), embedded(shop)) == ((2, 0, 0, 1), 2)
    assert counts(shop.import_table(source)) == (0, 0, 3, 0)


def test_the_rows_of_a_query_are_not_read_twice_and_the_last_counts(
    shop: pixie.Collection, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.execute("CREATE TABLE product (id TEXT, text TEXT)")
        database.executemany(
            "INSERT INTO product VALUES (?, ?)",
            [("a", "first"), ("b", "other"), ("a", "last"), ("a", "last")],
        )
    database.close()
    options = TableOptions(sql="SELECT * FROM product ORDER BY rowid")
    report = shop.import_table(tmp_path / "shop.sqlite", options)
    assert (report.rows, report.repeated) == (4, 1), "what a row before said already"
    item = shop.get("a")
    assert item is not None
    assert item.text == "last"


def test_exports_put_together_have_the_last_of_each_item(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.add(pixie.Item("a", text="first"))
    shop.export(tmp_path / "one.ndjson", ExportOptions(vectors=True))
    shop.add(pixie.Item("a", text="last"))
    shop.export(tmp_path / "two.ndjson", ExportOptions(vectors=True))
    both = tmp_path / "both.ndjson"
    both.write_bytes((tmp_path / "one.ndjson").read_bytes() + (tmp_path / "two.ndjson").read_bytes())
    before = shop.holdings.store.state()
    assert counts(shop.import_table(both)) == (0, 0, 1, 1)
    assert shop.holdings.store.state() == before


@pytest.mark.parametrize("total", [0, 3000, 1 << 40])
def test_repeats_are_those_that_a_dictionary_finds(total: int) -> None:
    """Whatever the table is said to hold: a field that is too small only writes down more."""
    chance = random.Random(total)
    ids = [f"id {chance.randrange(2500)}" for _ in range(3000)]
    last = {identifier: number for number, identifier in enumerate(ids, 1)}
    repeats = Repeats(enumerate(ids, 1), total)
    assert [repeats.has_later(number, identifier) for number, identifier in enumerate(ids, 1)] == [
        number < last[identifier] for number, identifier in enumerate(ids, 1)
    ]
    repeats.close()
    repeats.close()
