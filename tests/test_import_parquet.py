"""Importing Parquet, as other programs write it."""

from __future__ import annotations

import datetime
import decimal
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pixie
from drawn_pictures import draw
from pixie.tables.export import ExportOptions

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shop(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "shop", tiny) as opened:
        yield opened


def write(tmp_path: Path, columns: dict[str, pa.Array]) -> Path:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_every_type_becomes_what_json_has_for_it(shop: pixie.Collection, tmp_path: Path) -> None:
    moment = datetime.datetime(2020, 5, 13, 13, 21, 58, 123456)
    values: dict[str, tuple[pa.Array, object]] = {
        "long": (pa.array([2**63 - 1]), 2**63 - 1),
        "unsigned": (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        "double": (pa.array([0.1]), 0.1),
        "single": (pa.array([0.5], pa.float32()), 0.5),
        "gap": (pa.array([float("nan")]), None),
        "none": (pa.array([None], pa.int32()), None),
        "flag": (pa.array([True]), True),
        "words": (pa.array(["007"]), "007"),
        "empty": (pa.array([""]), ""),
        "nul": (pa.array(["a\0b"]), "a\0b"),
        "day": (pa.array([moment.date()]), "2020-05-13"),
        "time": (pa.array([moment.time()]), "13:21:58.123456"),
        "moment": (pa.array([moment], pa.timestamp("us")), "2020-05-13T13:21:58.123456"),
        "zoned": (pa.array([moment], pa.timestamp("us", "UTC")), "2020-05-13T13:21:58.123456+00:00"),
        "nanos": (pa.array([1_589_376_118_123_456_789], pa.timestamp("ns")), "2020-05-13T13:21:58.123456789"),
        "span": (pa.array([datetime.timedelta(seconds=1.5)]), 1.5),
        "exact": (pa.array([decimal.Decimal("1.25")]), 1.25),
        "inexact": (pa.array([decimal.Decimal("12345678901234567.25")]), "12345678901234567.25"),
        "whole": (pa.array([decimal.Decimal("7")]), 7),
        "list": (pa.array([[1, None, 3]]), [1, None, 3]),
        "numbers": (pa.array([[0.5, 1.5]], pa.list_(pa.float32(), 2)), [0.5, 1.5]),
        "struct": (pa.array([{"a": {"b": [1]}, "c": moment.date()}]), {"a": {"b": [1]}, "c": "2020-05-13"}),
        "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())), [["k", 1]]),
        "bytes": (pa.array([b"\0\xff"]), "AP8="),
        "code": (pa.array(["x"]).dictionary_encode(), "x"),
    }
    columns = {name: array for name, (array, _) in values.items()}
    report = shop.import_table(
        write(tmp_path, {"id": pa.array(["a"]), "text": pa.array(["words"]), **columns})
    )
    assert report.failures == ()
    item = shop.get("a")
    assert item is not None
    wanted = {name: value for name, (_, value) in values.items()}
    assert json.dumps(dict(item.metadata)) == json.dumps(wanted)


@pytest.mark.parametrize("form", ["bytes", "struct", "path"])
def test_pictures_come_as_bytes_as_structs_and_as_paths(
    shop: pixie.Collection, tmp_path: Path, form: str
) -> None:
    picture = next(iter(draw(tmp_path / "pictures", 1).iterdir()))
    content = picture.read_bytes()
    cell: object = {
        "bytes": content,
        "struct": {"bytes": content, "path": "elsewhere.png"},
        "path": f"pictures/{picture.name}",
    }[form]
    source = write(tmp_path, {"id": pa.array([7]), "image": pa.array([cell]), "caption": pa.array(["a box"])})
    assert shop.import_table(source).failures == ()
    item = shop.get("7")
    assert item is not None
    assert set(item.vectors) == {"image", "text"}
    assert item.path == (str(picture) if form == "path" else None)
    assert shop.import_table(source).unchanged == 1


@pytest.mark.parametrize("kept", [0, 3, 0.5, -1])
def test_a_file_that_is_cut_short_is_refused(shop: pixie.Collection, tmp_path: Path, kept: float) -> None:
    source = write(tmp_path, {"id": pa.array(range(100)), "text": pa.array(["words"] * 100)})
    content = source.read_bytes()
    length = int(kept * len(content)) if isinstance(kept, float) else kept
    source.write_bytes(content[:length])
    with pytest.raises(pixie.InvalidInputError, match="no whole Parquet file"):
        shop.import_table(source)
    assert len(shop) == 0


def test_a_damaged_page_names_the_row_it_follows(shop: pixie.Collection, tmp_path: Path) -> None:
    source = tmp_path / "rows.parquet"
    table = pa.table({"id": pa.array(range(1000)), "text": pa.array([f"words {n}" for n in range(1000)])})
    pq.write_table(table, source, row_group_size=500, use_dictionary=False, compression="zstd")
    column = pq.ParquetFile(source).metadata.row_group(1).column(1)
    content = bytearray(source.read_bytes())
    for place in range(column.data_page_offset, column.data_page_offset + column.total_compressed_size):
        content[place] ^= 0x5A
    source.write_bytes(content)
    with pytest.raises(pixie.InvalidInputError, match=r"is damaged after row \d+"):
        shop.import_table(source)


def test_text_that_is_not_utf8_has_no_place_in_parquet(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.add(id="fine", text="words")
    shop.add(id="half", text="half \ud83d")
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.export(tmp_path / "out.parquet", ExportOptions(vectors=True))
    assert "the text of item 'half' is not UTF-8" in caught.value.message
    assert not list(tmp_path.glob("out*"))


def test_an_exports_vectors_are_arrays_of_float32(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.add(id="a", text="words", metadata={"n": 1})
    shop.export(tmp_path / "out.parquet", ExportOptions(vectors=True))
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.field("text_vector").type == pa.list_(pa.float32(), 32)
    assert table.column("metadata").to_pylist() == ['{"n": 1}']
    assert table.column("image_vector").to_pylist() == [None]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read as Linux tells it")
def test_a_large_table_is_read_in_little_memory(tmp_path: Path) -> None:
    """64 MiB in 32 row groups; memory is that of a process of its own, once it has begun to read."""
    path = tmp_path / "rows.parquet"
    schema = pa.schema([("id", pa.string()), ("picture", pa.binary())])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for group in range(32):
            rows = {"id": [f"{group}-{row}" for row in range(128)], "picture": [os.urandom(16384)] * 128}
            writer.write_table(pa.table(rows, schema=schema))
    program = """
import sys
from pathlib import Path
from pixie.tables.parquet_table import ParquetTable

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))

table = ParquetTable(sys.argv[1])
assert sum(1 for _ in table.cells("id")) == 32 * 128
peaks = [anonymous() for row in table.rows() if row.number % 256 == 0]
print(max(peaks) - peaks[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 24
