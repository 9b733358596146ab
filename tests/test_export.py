"""Exporting, and importing what was exported: bit for bit, in every format."""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pixie
from drawn_pictures import draw
from pixie.holdings import Holdings
from pixie.items import FACTS
from pixie.listing import Selection
from pixie.opening import create_collection
from pixie.records import KEEP, Record
from pixie.tables.export import ExportOptions
from pixie.tables.options import EXPORT_FORMATS, TableOptions
from pixie.tables.plan import ImportPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMATS = sorted(EXPORT_FORMATS)
FORMAT = pytest.mark.parametrize("kind", FORMATS)

HARD_METADATA: dict[str, object] = {
    "nested": {"a": [1, {"b": [None, True, 0.1, ""]}], "c": {}},
    "biggest": 2**63 - 1,
    "smallest": -(2**63),
    "tenth": 0.1,
    "whole": 1.0,
    "zeros": "007",
    "nothing": "",
    "none": None,
    "quotes": 'a "b", c\r\nd\te\\',
    "wide": "日本 \U0001f600 \u2028 é",
    **{f"column {number}": number for number in range(50)},
}


def contents(collection: pixie.Collection | Holdings) -> list[dict[str, object]]:
    """All that a collection has, as text where 1 and 1.0 would be the same."""
    holdings = collection if isinstance(collection, Holdings) else collection.holdings
    found = []
    for item in holdings.listing.page(Selection(missing="include"), 0, None)[0]:
        shape = item.to_json()
        shape["metadata"] = json.dumps(shape["metadata"])
        with holdings.store.reading() as connection:
            from pixie import catalog

            place = catalog.rows_of(connection, item.id)
        assert place is not None
        rows = {kind: holdings.store.vectors.rows(max(at) + 1)[at] for kind, at in place[1].items()}
        shape["vectors"] = {kind: array.tobytes() for kind, array in rows.items()}
        found.append(shape)
    return found


@pytest.fixture
def shop(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    folder = draw(tmp_path / "pictures", 3)
    paths = sorted(folder.iterdir())
    with pixie.open(tmp_path / "shop", tiny) as opened:
        opened.add(
            pixie.Item("hard", text=' a "quoted",\r\n text\n', metadata=HARD_METADATA),
            pixie.Item("both", path=paths[0], text="1.50", metadata={"n": 1}),
            pixie.Item("1.50", path=paths[1]),
            pixie.Item("007", image=paths[2].read_bytes(), metadata={}),
            pixie.Item('wide \U0001f600, "x"', text="日本"),
        )
        yield opened


@pytest.fixture
def other(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "other", tiny) as opened:
        yield opened


def target(tmp_path: Path, kind: str) -> Path:
    return tmp_path / f"out{EXPORT_FORMATS[kind][0]}"


WHOLE = ExportOptions(vectors=True)


@FORMAT
def test_an_export_with_vectors_comes_back_bit_for_bit(
    shop: pixie.Collection, other: pixie.Collection, tmp_path: Path, kind: str
) -> None:
    report = shop.export(target(tmp_path, kind), WHOLE)
    assert (report.items, report.vectors) == (5, {"image": 3, "text": 3})
    taken = other.import_table(target(tmp_path, kind))
    assert (taken.rows, taken.added, taken.failures) == (5, 5, ())
    assert contents(other) == contents(shop)
    again = other.import_table(target(tmp_path, kind))
    assert (again.unchanged, again.updated, again.added) == (5, 0, 0)


@FORMAT
def test_dates_and_facts_come_back_too(tmp_path: Path, tiny: Path, kind: str) -> None:
    facts = {
        "width": 4032, "height": 3024, "format": "JPEG", "size": 2**40, "mtime_ns": 2**63 - 1,
        "sha256": "0" * 64, "orientation": 6, "taken": "2020-05-13T13:21:58", "camera": "007", "lens": "1.50",
        "latitude": 48.0, "longitude": -0.1,
    }  # fmt: skip
    assert facts.keys() == FACTS.keys()
    vector = unit(32, seed=1)
    with pixie.open(tmp_path / "shop", tiny) as shop, pixie.open(tmp_path / "other", tiny) as other:
        record = Record(
            "a", path="/gone/a.jpg", facts=facts, vectors=(("image", 0),), metadata={},
            added="2001-02-03T04:05:06Z", missing="2026-06-01T00:00:00Z",
        )  # fmt: skip
        shop.holdings.commit([record], vector[None])
        shop.export(target(tmp_path, kind), WHOLE)
        other.import_table(target(tmp_path, kind))
        assert contents(other) == contents(shop)
        (item,) = other.items(missing="include")
        assert (item.added, item.missing, item.mtime_ns) == (record.added, record.missing, 2**63 - 1)


def unit(dimension: int, seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _texts(**limits: int) -> st.SearchStrategy[str]:
    # Halves of surrogate pairs and NUL included; two halves that fit are one character in any JSON.
    return st.text(st.characters(), **limits).filter(lambda text: json.loads(json.dumps(text)) == text)


def _json_values() -> st.SearchStrategy[object]:
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats(allow_nan=False, allow_infinity=False)
        | _texts(max_size=8)
    )
    keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


def _items() -> st.SearchStrategy[list[dict[str, object]]]:
    keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    item = st.fixed_dictionaries(
        {
            "id": _texts(min_size=1, max_size=12),
            "text": st.none() | _texts(min_size=1, max_size=20).filter(lambda text: bool(text.strip())),
            "metadata": st.dictionaries(keys, _json_values(), max_size=4),
            "seed": st.integers(0, 2**32),
        }
    )
    return st.lists(item, max_size=5, unique_by=lambda found: found["id"])


_folders = itertools.count()

LOSSY = {"csv": sys.version_info < (3, 11)}
"""Python 3.10 refuses to read NUL in CSV."""


@FORMAT
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=_items())
def test_whatever_a_collection_holds_comes_back(
    tmp_path: Path, tiny: Path, kind: str, items: list[dict[str, object]]
) -> None:
    written = "".join(f"{item['id']}{item['text']}" for item in items)
    if (LOSSY.get(kind) and "\0" in written) or (kind == "parquet" and not is_utf8(written)):
        return
    folder = tmp_path / str(next(_folders))
    model = pixie.Model("tiny", "f" * 32, 16)
    for name in ("shop", "other"):
        create_collection(folder / name, model)
    records = []
    vectors = []
    for item in items:
        kinds = ["image"] if item["text"] is None else ["image", "text"]
        rows = tuple((modality, len(vectors) + number) for number, modality in enumerate(kinds))
        vectors += [unit(16, int(str(item["seed"])) + number) for number in range(len(kinds))]
        records.append(
            Record(str(item["id"]), text=item["text"], metadata=item["metadata"], vectors=rows)  # type: ignore[arg-type]
        )
    with Holdings(folder / "shop") as shop, Holdings(folder / "other") as other:
        shop.commit(records, np.stack(vectors) if vectors else None)
        exported(shop, folder / f"out{EXPORT_FORMATS[kind][0]}")
        plan = ImportPlan.of(other, str(folder / f"out{EXPORT_FORMATS[kind][0]}"))
        taken = plan.take(1000)
        plan.close()
        assert not taken.failures
        assert not taken.tasks
        assert contents(other) == contents(shop)


def is_utf8(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def exported(holdings: Holdings, path: Path) -> None:
    from pixie.steps import done
    from pixie.tables.export import export

    done(export(holdings, str(path), WHOLE))


# What is exported


def test_metadata_alone_is_the_shape_of_an_item(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.export(tmp_path / "out.ndjson")
    lines = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    wanted = [item.to_json() for item in shop.items()]
    for shape in wanted:
        del shape["vectors"]
    assert lines == wanted


def test_csv_has_a_header_and_json_in_its_cells(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.export(tmp_path / "out.csv", WHOLE)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [item.id for item in shop.items()]
    hard = next(row for row in rows if row["id"] == "hard")
    assert json.loads(hard["metadata"]) == HARD_METADATA
    assert len(json.loads(hard["text_vector"])) == 32
    assert (hard["image_vector"], hard["path"], hard["width"]) == ("", "", "")


def test_arrays_and_their_items_stand_side_by_side(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.export(tmp_path / "out.npy")
    pictures = np.load(tmp_path / "out.npy" / "image_vectors.npy")
    assert (pictures.shape, pictures.dtype) == ((3, 32), np.float32)
    lines = (tmp_path / "out.npy" / "items.ndjson").read_text().splitlines()
    rows = {found["id"]: found["image_row"] for found in map(json.loads, lines)}
    vector = pictures[rows["both"]]
    assert shop.search(pixie.Term.vector(vector.tolist()), k=1)[0].id == "both"


@FORMAT
def test_vectors_alone_leave_an_items_words_as_they_are(
    shop: pixie.Collection, other: pixie.Collection, tmp_path: Path, kind: str
) -> None:
    shop.export(target(tmp_path, kind), ExportOptions(vectors=True, metadata=False))
    before = contents(shop)
    assert shop.import_table(target(tmp_path, kind)).unchanged == 5
    item = shop.get("both")
    assert item is not None
    facts = {name: getattr(item, name) for name in FACTS}
    exchanged = Record("both", item.path, KEEP, KEEP, facts, (("image", 0),))
    shop.holdings.commit([exchanged], unit(32, 5)[None])
    assert contents(shop) != before
    assert shop.import_table(target(tmp_path, kind)).updated == 1
    assert contents(shop) == before
    assert other.import_table(target(tmp_path, kind)).added == 5
    assert [(item.text, item.metadata) for item in other.items()] == [(None, {})] * 5
    assert len(other.search("a dog")) == 5


def test_metadata_alone_changes_words_and_keeps_vectors(shop: pixie.Collection, tmp_path: Path) -> None:
    """Also where the picture was not kept or its file has gone."""
    shop.export(tmp_path / "out.ndjson")
    for picture in (tmp_path / "pictures").iterdir():
        picture.unlink()
    lines = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    for line in lines:
        line["metadata"]["seen"] = True
    (tmp_path / "out.ndjson").write_text("\n".join(map(json.dumps, lines)))
    rows = shop.holdings.store.state().rows
    report = shop.import_table(tmp_path / "out.ndjson")
    assert (report.updated, report.failures) == (5, ())
    assert shop.holdings.store.state().rows == rows
    assert all(item.metadata["seen"] for item in shop.items())


def test_without_vectors_pictures_are_read_again(
    shop: pixie.Collection, other: pixie.Collection, tmp_path: Path
) -> None:
    shop.export(tmp_path / "out.csv")
    report = other.import_table(tmp_path / "out.csv")
    assert report.added == 4
    (failure,) = report.failures
    assert (failure.id, failure.code) == ("007", "empty")
    assert "its picture was not kept" in failure.message


def test_vectors_of_another_model_are_refused_before_anything_is_taken(
    shop: pixie.Collection, tmp_path: Path
) -> None:
    shop.export(tmp_path / "out.ndjson", WHOLE)
    with pixie.open(tmp_path / "demo", "demo") as demo:
        with pytest.raises(pixie.PixieError) as caught:
            demo.import_table(tmp_path / "out.ndjson")
        assert len(demo) == 0
    assert caught.value.code == "wrong_model"
    assert shop.model.fingerprint in caught.value.message


@pytest.mark.parametrize(
    "vector", ["[1]", "[1, null]", "{}", "x", "7", json.dumps([0.5] * 32), "[1e99" + ", 0" * 31 + "]"]
)
def test_a_vector_that_is_none_is_a_failure_of_its_row(
    shop: pixie.Collection, tmp_path: Path, vector: str
) -> None:
    with (tmp_path / "out.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["id", "model", "image_vector", "text_vector"], ["a", shop.model.fingerprint, vector, ""]]
        )
    report = shop.import_table(tmp_path / "out.csv")
    assert [(failure.id, failure.code) for failure in report.failures] == [("a", "bad_vector")]


def test_a_filter_says_which_items_are_exported(shop: pixie.Collection, tmp_path: Path) -> None:
    report = shop.export(tmp_path / "out.ndjson", ExportOptions(vectors=True, where="n = 1"))
    assert (report.items, report.vectors) == (1, {"image": 1, "text": 1})
    (line,) = (tmp_path / "out.ndjson").read_text().splitlines()
    assert json.loads(line)["id"] == "both"
    shop.export(tmp_path / "out.npy", ExportOptions(where="n = 1"))
    assert np.load(tmp_path / "out.npy" / "text_vectors.npy").shape == (1, 32)


# Where to


@FORMAT
def test_an_export_that_fails_leaves_what_was_there(
    shop: pixie.Collection, tmp_path: Path, kind: str
) -> None:
    path = target(tmp_path, kind)
    if kind != "npy":
        path.write_text("before")

    def fail(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.export(path, WHOLE, progress=fail)
    assert sorted(file.name for file in tmp_path.glob("out*")) == ([] if kind == "npy" else [path.name])
    assert kind == "npy" or path.read_text() == "before"
    assert len(shop) == 5


def test_a_folder_that_is_there_is_not_overwritten(shop: pixie.Collection, tmp_path: Path) -> None:
    (tmp_path / "out.npy").mkdir()
    with pytest.raises(pixie.InvalidInputError, match="already"):
        shop.export(tmp_path / "out.npy")


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("out.xls", ExportOptions(), "does not say its format"),
        ("-", ExportOptions(format="npy"), "standard output"),
        ("out", ExportOptions(format="xml"), "there is no format 'xml'"),
        ("out.csv", ExportOptions(metadata=False), "ids alone"),
        ("nowhere/out.csv", ExportOptions(), "No such file"),
        ("nowhere/out.npy", ExportOptions(), "No such file"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(
    shop: pixie.Collection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    options: ExportOptions,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.export(path, options)
    assert said in str(caught.value)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")
def test_a_full_disk_is_named(shop: pixie.Collection) -> None:
    with pytest.raises(pixie.InvalidInputError, match="No space left"):
        shop.export("/dev/full", ExportOptions(format="ndjson", vectors=True))


def test_an_export_goes_to_standard_output(tmp_path: Path, shop: pixie.Collection) -> None:
    shop.export(tmp_path / "out.ndjson")
    shop.close()
    program = """
import sys, pixie
with pixie.open(sys.argv[1], read_only=True) as shop:
    shop.export("-")
print("still there", file=sys.stderr)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "shop")], capture_output=True, check=True
    )
    assert ended.stdout == (tmp_path / "out.ndjson").read_bytes()
    assert ended.stderr == b"still there\n"


def test_an_export_is_of_one_moment(shop: pixie.Collection, other: pixie.Collection, tmp_path: Path) -> None:
    before = contents(shop)

    def change(_: object) -> None:
        shop.remove("both")
        shop.add(id="0 new", text="new")

    shop.export(tmp_path / "out.ndjson", WHOLE, progress=change)
    other.import_table(tmp_path / "out.ndjson")
    assert contents(other) == before
    assert shop.get("both") is None


def test_an_export_is_a_table_like_others_when_columns_are_named(
    shop: pixie.Collection, other: pixie.Collection, tmp_path: Path
) -> None:
    shop.export(tmp_path / "out.ndjson")
    other.import_table(tmp_path / "out.ndjson", TableOptions(text="added", metadata=("width",)))
    item = other.get("both")
    assert item is not None
    assert item.metadata == {"width": shop.get("both").width}  # type: ignore[union-attr]
