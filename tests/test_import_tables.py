"""Importing tables: CSV, TSV, JSON, NDJSON and SQL queries, into a collection with a real model."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import pixie
from drawn_pictures import draw
from pixie.tables.options import TableOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "shop", tiny) as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "products"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def csv_of(table: Path, text: str, encoding: str = "utf-8") -> Path:
    return write(table.with_suffix(".csv"), text, encoding)


def metadata(shop: pixie.Collection, identifier: str) -> dict[str, object]:
    item = shop.get(identifier)
    assert item is not None
    return dict(item.metadata)


# Columns


def test_columns_are_guessed_by_their_names(shop: pixie.Collection, table: Path) -> None:
    draw(table.parent / "pictures", 2)
    names = sorted(file.name for file in (table.parent / "pictures").iterdir())
    source = csv_of(table, f"ID,Path,Title,price,colour\n7,pictures/{names[0]},a red box,2.5,red\n")
    report = shop.import_table(source)
    assert (report.rows, report.added, report.failures) == (1, 1, ())
    item = shop.get("7")
    assert item is not None
    assert item.path == str(table.parent / "pictures" / names[0])
    assert item.text == "a red box"
    assert item.metadata == {"price": 2.5, "colour": "red"}
    assert set(item.vectors) == {"image", "text"}
    assert item.sha256 is not None


def test_named_columns_win_over_guesses(shop: pixie.Collection, table: Path) -> None:
    source = csv_of(table, "id,sku,name,words,kept,dropped\n1,A-1,x,a chair,k,d\n")
    shop.import_table(source, TableOptions(id="sku", text="words", metadata=("kept", "name")))
    item = shop.get("A-1")
    assert item is not None
    assert (item.text, item.metadata) == ("a chair", {"kept": "k", "name": "x"})


def test_a_wrong_column_names_the_nearest_and_all_there_are(shop: pixie.Collection, table: Path) -> None:
    source = csv_of(table, "id,caption,price\n1,a,2\n")
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(source, TableOptions(text="Captoin"))
    assert "'Captoin'" in caught.value.message
    assert caught.value.fix == "did you mean 'caption'? there are 'id', 'caption', 'price'"


def test_a_table_without_pictures_and_texts_says_what_it_has(shop: pixie.Collection, table: Path) -> None:
    with pytest.raises(pixie.InvalidInputError, match="--image or --text; there are 'a', 'b'"):
        shop.import_table(csv_of(table, "a,b\n1,2\n"))


# CSV


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-7", "9223372036854775807"], [1, -7, 2**63 - 1]),
        (["0.1", "2", "1e-07"], [0.1, 2, 1e-07]),
        (["1.50", "2.00", "-0.25"], [1.5, 2.0, -0.25]),
        (["007", "8"], ["007", "8"]),
        (["1", "", "3"], [1, None, 3]),
        (["1.5", "2.00"], ["1.5", "2.00"]),
        (["9223372036854775808", "1"], ["9223372036854775808", "1"]),
        (["nan", "inf"], ["nan", "inf"]),
        (["+1", "2"], ["+1", "2"]),
        (["-0", "1"], ["-0", "1"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["٣", "4"], ["٣", "4"]),
        (["12345678901234567.25", "1.25"], ["12345678901234567.25", "1.25"]),
        (["true", "false"], ["true", "false"]),
    ],
)
def test_a_column_is_numbers_only_when_it_reads_back_unchanged(
    shop: pixie.Collection, table: Path, cells: list[str], values: list[object]
) -> None:
    rows = "".join(f"{number},a text,{cell}\n" for number, cell in enumerate(cells))
    shop.import_table(csv_of(table, f"id,text,value\n{rows}"))
    found = [metadata(shop, str(number))["value"] for number in range(len(cells))]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_quoted_cells_keep_delimiters_quotes_and_lines(shop: pixie.Collection, table: Path) -> None:
    shop.import_table(csv_of(table, 'id,text,note\r\n1,"a ""red"", round\r\nthing"," x,\ty "\r\n'))
    item = shop.get("1")
    assert item is not None
    assert item.text == 'a "red", round\r\nthing'
    assert item.metadata == {"note": " x,\ty "}


def test_tabs_separate_the_cells_of_tsv(shop: pixie.Collection, table: Path) -> None:
    shop.import_table(write(table.with_suffix(".tsv"), "id\ttext\tn\n1\ta, b\t3\n"))
    assert metadata(shop, "1") == {"n": 3}


def test_a_byte_order_mark_is_no_part_of_the_first_column(shop: pixie.Collection, table: Path) -> None:
    shop.import_table(csv_of(table, "\ufeffid,text\nä,größer\n"))
    item = shop.get("ä")
    assert item is not None
    assert item.text == "größer"


def test_other_encodings_are_read_when_they_are_named(shop: pixie.Collection, table: Path) -> None:
    source = csv_of(table, "id,text\n1,größer\n", "cp1252")
    assert shop.import_table(source, TableOptions(encoding="cp1252")).added == 1
    source = csv_of(table, "id,text\n2,größer\n", "utf-16")
    assert shop.import_table(source, TableOptions(encoding="utf-16")).added == 1
    assert [item.text for item in shop.items()] == ["größer", "größer"]


@pytest.mark.parametrize("padding", [0, 3_000_000])
def test_a_wrong_encoding_names_the_line_and_the_byte(
    shop: pixie.Collection, table: Path, padding: int
) -> None:
    before = "id,text\n1," + "x" * padding + "\n"
    source = csv_of(table, f"{before}2,größer\n", "latin-1")
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(source)
    assert f"is not UTF-8: line 3 has 0xf6 at byte {len(before) + 4}" in caught.value.message
    assert "--encoding cp1252" in (caught.value.fix or "")
    assert len(shop) == 0


@pytest.mark.parametrize("name", ["klingon", "base64", "\0"])
def test_an_unknown_encoding_is_refused(shop: pixie.Collection, table: Path, name: str) -> None:
    with pytest.raises(pixie.InvalidInputError, match="there is no encoding"):
        shop.import_table(csv_of(table, "id,text\n1,a\n"), TableOptions(encoding=name))


def test_a_ragged_row_is_named_and_the_others_are_taken(shop: pixie.Collection, table: Path) -> None:
    report = shop.import_table(csv_of(table, "id,text,n\n1,a,1\n2,b\n3,c,3,4\n4,d,4\n"))
    assert (report.rows, report.added) == (4, 2)
    assert [failure.code for failure in report.failures] == ["bad_row", "bad_row"]
    assert report.failures[0].id == "products row 2"
    assert report.failures[0].message == "row 2: it has 2 cells and the header 3 (line 3)"
    assert metadata(shop, "4") == {"n": 4}


def test_a_quote_that_is_never_closed_is_an_error_before_anything_is_taken(
    shop: pixie.Collection, table: Path
) -> None:
    with pytest.raises(pixie.InvalidInputError, match="damaged at line"):
        shop.import_table(csv_of(table, 'id,text\n1,a\n2,"b\n3,c\n'))
    assert len(shop) == 0


@pytest.mark.parametrize(
    ("text", "said"), [("", "has no header"), ("id,text,id\n", "two columns"), ("\n1,2\n", "has no header")]
)
def test_a_header_must_name_each_column_once(
    shop: pixie.Collection, table: Path, text: str, said: str
) -> None:
    with pytest.raises(pixie.InvalidInputError, match=said):
        shop.import_table(csv_of(table, text))


def test_fifty_columns_become_metadata_in_their_order(shop: pixie.Collection, table: Path) -> None:
    names = [f"column {number}" for number in range(50)]
    cells = [str(number) for number in range(50)]
    shop.import_table(csv_of(table, f"id,text,{','.join(names)}\n1,a,{','.join(cells)}\n"))
    assert list(metadata(shop, "1").items()) == list(zip(names, range(50), strict=True))


# JSON


HARD = {
    "deep": {"a": [1, {"b": [None, True, 0.1]}]},
    "big": 2**63 - 1,
    "bigger": 2**80,
    "zero": "007",
    "nothing": "",
    "none": None,
    "words": "NUL \0 and \U0001f600 and half \ud83d",
}


def test_nested_json_is_kept_as_it_is(shop: pixie.Collection, table: Path) -> None:
    source = write(table.with_suffix(".json"), json.dumps([{"id": 1, "text": "a", **HARD}], indent=2))
    shop.import_table(source)
    assert json.dumps(metadata(shop, "1")) == json.dumps(HARD)


def test_the_arrays_of_an_object_are_tables(shop: pixie.Collection, table: Path) -> None:
    written = {
        "version": {"of": [1, 2]},
        "chairs": [{"id": "a", "text": "a chair"}, {"id": "b", "text": "a stool"}],
        "none": [],
        "tables": [{"id": "c", "text": "a table"}],
    }
    report = shop.import_table(write(table.with_suffix(".json"), json.dumps(written)))
    assert (report.added, [item.id for item in shop.items()]) == (3, ["a", "b", "c"])


def test_a_long_array_is_read_piece_by_piece(shop: pixie.Collection, table: Path) -> None:
    """Longer than what is read at once, with an element that is longer by itself."""
    rows = [{"id": f"{number:05}", "text": "a", "n": [number] * 40} for number in range(3000)]
    rows[7]["n"] = [7] * 400_000
    source = write(table.with_suffix(".json"), json.dumps(rows, indent=1))
    from pixie.tables.opening import open_table

    opened = open_table(str(source), TableOptions())
    assert opened.total == 3000
    assert [dict(row.cells) for row in opened.rows()] == rows
    opened.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"id": 1, "text": "a"},\n {"id": 2,\n  "text" "b"}]', "line 3: Expecting ':' delimiter"),
        ('[{"id": 1, "text": "a"}\n', "line 2: ',' is missing"),
        ('[{"id": 1, "text": "a"}]\n\n]', "line 3: something follows the end"),
        ('{"a": [{"id": 1}', "',' is missing"),
        ('{"id": 1, "text": "a"}', "holds no array of objects"),
        ("7", "holds no array of objects"),
        ("", "holds no array of objects"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_what_is_no_json_is_refused_with_its_line_before_anything_is_taken(
    shop: pixie.Collection, table: Path, text: str, said: str
) -> None:
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(write(table.with_suffix(".json"), text))
    assert said in caught.value.message
    assert len(shop) == 0


def test_a_line_that_is_no_json_is_a_failure_of_its_row(shop: pixie.Collection, table: Path) -> None:
    lines = ['{"id": 1, "text": "a"}', "", '{"id": 2, "text": ', "[1]", '{"id": 3, "text": "c"}']
    report = shop.import_table(write(table.with_suffix(".ndjson"), "\n".join(lines)))
    assert report.added == 2
    assert [failure.message for failure in report.failures] == [
        "row 2: line 3 is no JSON: Expecting value at column 19",
        "row 3: line 4 is an array, not an object",
    ]


# SQL


def test_a_query_on_a_database_is_a_table(shop: pixie.Collection, tmp_path: Path) -> None:
    folder = draw(tmp_path / "pictures", 1)
    picture = next(folder.iterdir())
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.execute(
            "CREATE TABLE product (sku TEXT, photo BLOB, file TEXT, words TEXT, price REAL, n INT)"
        )
        database.executemany(
            "INSERT INTO product VALUES (?, ?, ?, ?, ?, ?)",
            [
                ("a", picture.read_bytes(), None, "a box", 0.1, 2**63 - 1),
                ("b", None, f"pictures/{picture.name}", None, None, 0),
            ],
        )
    database.close()
    query = "SELECT sku AS id, coalesce(photo, file) AS image, words AS text, price, n FROM product"
    report = shop.import_table(tmp_path / "shop.sqlite", TableOptions(sql=query))
    assert (report.added, report.failures) == (2, ())
    first, second = shop.items()
    assert first.path is None
    assert (first.width, first.size, set(first.vectors)) == (second.width, None, {"image", "text"})
    assert first.metadata == {"price": 0.1, "n": 2**63 - 1}
    assert second.path == str(picture)
    assert second.metadata == {"price": None, "n": 0}
    again = shop.import_table(tmp_path / "shop.sqlite", TableOptions(sql=query))
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nope FROM product", "no such column: nope"),
        ("DELETE FROM product", "readonly"),
        ("SELECT id, id FROM product", "two columns called 'id'"),
        ("", "gives no rows"),
        ("SELECT 1; SELECT 2", "one statement"),
    ],
)
def test_a_wrong_query_is_refused_and_nothing_is_written(
    shop: pixie.Collection, tmp_path: Path, query: str, said: str
) -> None:
    database = sqlite3.connect(tmp_path / "shop.sqlite")
    database.executescript("CREATE TABLE product (id INT); INSERT INTO product VALUES (1);")
    with pytest.raises(pixie.InvalidInputError, match=said):
        shop.import_table(tmp_path / "shop.sqlite", TableOptions(sql=query))
    assert database.execute("SELECT count(*) FROM product").fetchone() == (1,)
    database.close()


def test_what_is_no_database_is_refused(shop: pixie.Collection, table: Path) -> None:
    write(table, "not a database" * 100)
    with pytest.raises(pixie.InvalidInputError, match="not a database"):
        shop.import_table(table, TableOptions(sql="SELECT 1 AS text"))
    with pytest.raises(pixie.InvalidInputError, match="No such file"):
        shop.import_table(table.with_name("nope"), TableOptions(sql="SELECT 1 AS text"))


# Rows


def test_rows_that_cannot_be_taken_are_named_with_number_id_and_reason(
    shop: pixie.Collection, table: Path
) -> None:
    write(table.with_name("broken.png"), "not a picture")
    rows: list[dict[str, object]] = [
        {"id": "fine", "text": "a"},
        {"id": "far", "image": "https://example.org/a.png"},
        {"id": "gone", "image": "gone.png", "text": "b"},
        {"id": "broken", "image": "broken.png"},
        {"id": "nothing", "text": "  "},
        {"id": ["list"], "text": "c"},
        {"id": "infinite", "text": "d", "n": float("inf")},
        {"id": "structured", "text": {"de": "e"}},
        {"id": "numbered", "image": 7},
        {"id": "last", "text": "z"},
    ]
    source = write(table.with_suffix(".ndjson"), "\n".join(json.dumps(row) for row in rows))
    report = shop.import_table(source)
    assert [item.id for item in shop.items()] == ["fine", "last"]
    found = {failure.id: (failure.code, failure.message.partition(":")[0]) for failure in report.failures}
    assert found == {
        "far": ("remote", "row 2"),
        "gone": ("missing", "row 3"),
        "broken": ("not_an_image", "row 4"),
        "nothing": ("empty", "row 5"),
        "products row 6": ("bad_value", "row 6"),
        "infinite": ("bad_value", "row 7"),
        "structured": ("bad_value", "row 8"),
        "numbered": ("bad_value", "row 9"),
    }


def test_rows_without_an_id_have_the_same_one_wherever_they_stand(
    shop: pixie.Collection, table: Path
) -> None:
    shop.import_table(csv_of(table, "text,n\na,1\nb,2\n"))
    first = shop.items()
    assert all(item.id.startswith("products#") for item in first)
    report = shop.import_table(csv_of(table, "text,n\nc,3\nb,2\na,1\n"))
    assert (report.added, report.unchanged) == (1, 2)
    assert {item.id for item in first} < {item.id for item in shop.items()}


def test_whole_numbers_are_ids(shop: pixie.Collection, table: Path) -> None:
    shop.import_table(write(table.with_suffix(".ndjson"), '{"id": 7, "text": "a"}\n{"id": 8.0, "text": "b"}'))
    assert [item.id for item in shop.items()] == ["7", "8"]


def test_of_two_rows_with_one_id_the_later_counts_every_time(shop: pixie.Collection, table: Path) -> None:
    source = csv_of(table, "id,text,n\na,first,1\nb,other,1\na,last,2\n")
    for _ in range(2):
        shop.import_table(source)
        item = shop.get("a")
        assert item is not None
        assert (item.text, item.metadata) == ("last", {"n": 2})
    source = csv_of(table, "id,text,n\na,last,1\na,last,2\n")
    for _ in range(2):
        shop.import_table(source)
        assert metadata(shop, "a") == {"n": 2}


# Again


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return sorted(draw(tmp_path / "pictures", 3).iterdir())


def embedded(shop: pixie.Collection) -> int:
    """Rows of vectors that were ever written: what was not embedded again adds none."""
    return shop.holdings.store.state().rows


def test_unchanged_rows_are_not_embedded_again(
    shop: pixie.Collection, table: Path, pictures: list[Path]
) -> None:
    lines = "".join(f"{number},{picture},words,{number}\n" for number, picture in enumerate(pictures))
    source = csv_of(table, f"id,image,text,n\n{lines}")
    assert shop.import_table(source).added == 3
    before = embedded(shop)
    report = shop.import_table(source)
    assert (report.rows, report.added, report.updated, report.unchanged) == (3, 0, 0, 3)
    assert embedded(shop) == before == 6


def test_what_changed_of_a_row_is_all_that_is_embedded(
    shop: pixie.Collection, table: Path, pictures: list[Path]
) -> None:
    header, picture = "id,image,text,n\n", pictures[0]
    shop.import_table(csv_of(table, f"{header}1,{picture},words,1\n"))
    report = shop.import_table(csv_of(table, f"{header}1,{picture},words,2\n"))
    assert (report.updated, metadata(shop, "1"), embedded(shop)) == (1, {"n": 2}, 2)
    report = shop.import_table(csv_of(table, f"{header}1,{picture},other words,2\n"))
    assert (report.updated, embedded(shop)) == (1, 3)
    os.utime(picture, ns=(1, 1))
    report = shop.import_table(csv_of(table, f"{header}1,{picture},other words,2\n"))
    assert (report.updated, embedded(shop)) == (1, 4), "the picture's content is the same"
    item = shop.get("1")
    assert item is not None
    assert (item.mtime_ns, set(item.vectors), item.width is not None) == (1, {"image", "text"}, True)
    picture.write_bytes(pictures[1].read_bytes())
    assert shop.import_table(csv_of(table, f"{header}1,{picture},other words,2\n")).updated == 1
    hits = shop.search(pixie.Term.image(pictures[1]), k=1)
    assert hits[0].score == pytest.approx(1, abs=1e-5)


def test_an_import_that_was_killed_goes_on_from_there(tmp_path: Path, tiny: Path, table: Path) -> None:
    """The process ends without a chance to clean up, after its second commit."""
    rows = "".join(f"{number:03},words of row {number}\n" for number in range(100))
    source = csv_of(table, f"id,text\n{rows}")
    program = """
import os, sys, pixie
def progress(found):
    if found.done >= 20:
        os._exit(9)
with pixie.open(sys.argv[1], sys.argv[2]) as shop:
    shop.import_table(sys.argv[3], progress=progress, batch_size=10)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "shop"), str(tiny), str(source)], check=False
    )
    assert ended.returncode == 9
    with pixie.open(tmp_path / "shop") as shop:
        assert len(shop) == 20
        report = shop.import_table(source, batch_size=10)
        assert (report.rows, report.added, report.unchanged) == (100, 80, 20)
        assert embedded(shop) == 100


def test_progress_counts_towards_the_rows_there_are(shop: pixie.Collection, table: Path) -> None:
    rows = "".join(f"{number},words\n" for number in range(25))
    seen: list[pixie.Progress] = []
    shop.import_table(csv_of(table, f"id,text\n{rows}7\n"), progress=seen.append, batch_size=10)
    last = seen[-1]
    assert (last.done, last.failed, last.skipped, last.total) == (25, 1, 0, 26)
    assert [found.done for found in seen] == sorted(found.done for found in seen)


# Standard input


def test_a_table_comes_from_standard_input(tmp_path: Path, tiny: Path, pictures: list[Path]) -> None:
    program = """
import sys, pixie
from pixie.tables.options import TableOptions
with pixie.open(sys.argv[1], sys.argv[2]) as shop:
    print(shop.import_table("-", TableOptions(format="csv")))
"""
    written = f"image,n\npictures/{pictures[0].name},007\n"
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "shop"), str(tiny)],
        input=written.encode(),
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert b"added=1" in ended.stdout
    with pixie.open(tmp_path / "shop") as shop:
        (item,) = shop.items()
    assert item.id.startswith("stdin#")
    assert (item.path, item.metadata) == (str(pictures[0]), {"n": "007"})


@pytest.mark.parametrize("name", ["-", "products", "products.xls"])
def test_a_format_that_cannot_be_seen_is_asked_for(shop: pixie.Collection, name: str) -> None:
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(name)
    assert "csv, tsv, json, ndjson, parquet" in (caught.value.fix or "")


def test_a_table_that_is_not_there_is_named(shop: pixie.Collection, table: Path) -> None:
    with pytest.raises(pixie.InvalidInputError, match="No such file"):
        shop.import_table(table.with_suffix(".csv"))
    with pytest.raises(pixie.InvalidInputError, match="Is a directory"):
        shop.import_table(table.parent, TableOptions(format="csv"))
