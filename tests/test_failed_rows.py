"""Rows of tables that could not be taken in: listed, left alone until something changed, and forgotten."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import pixie
from drawn_pictures import draw, encoded
from pixie.tables.options import TableOptions
from pixie.tables.plan import ImportPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RETRY = TableOptions(retry_failed=True)


@pytest.fixture
def shop(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "shop", tiny) as opened:
        yield opened


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A picture's file that holds none."""
    draw(tmp_path / "Pictures", 3)
    path = tmp_path / "Pictures" / "broken.png"
    path.write_bytes(b"no picture" + b" " * 1000)
    os.utime(path, ns=(1, 1_000_000_000))
    return path


def table(folder: Path, *rows: dict[str, object], name: str = "products") -> Path:
    path = folder / f"{name}.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def listed(shop: pixie.Collection) -> dict[str, str]:
    return {failure.id: failure.code for failure in shop.failures()}


def counts(report: pixie.ImportReport) -> tuple[int, int, int, int]:
    return (report.added, report.unchanged, report.failed_before, len(report.failures))


def test_failed_rows_are_listed_with_path_reason_and_message(
    shop: pixie.Collection, tmp_path: Path, broken: Path
) -> None:
    source = table(
        tmp_path,
        {"id": "good", "text": "a chair"},
        {"id": "broken", "image": "Pictures/broken.png", "text": "a box"},
        {"id": "gone", "image": "gone.png"},
        {"id": "far", "image": "https://example.org/a.png"},
        {"text": ["a", "list"]},
    )
    report = shop.import_table(source)
    assert counts(report) == (1, 0, 0, 4)
    found = {failure.id: failure for failure in shop.failures()}
    assert found == {failure.id: failure for failure in report.failures}
    assert {name: each.code for name, each in found.items()} == {
        "broken": "not_an_image",
        "gone": "missing",
        "far": "remote",
        "products row 5": "bad_value",
    }
    assert (found["broken"].path, found["broken"].message[:7]) == (str(broken), "row 2: ")
    assert [failure.id for failure in shop.failures(code="missing")] == ["gone"]
    assert shop.stats()["failures"] == 4
    assert pixie.verify(shop.path).sound


def test_a_failed_row_is_left_alone_until_its_picture_changes(
    shop: pixie.Collection, tmp_path: Path, broken: Path
) -> None:
    source = table(tmp_path, {"id": "a", "image": "Pictures/broken.png"}, {"id": "b", "text": "a chair"})
    assert counts(shop.import_table(source)) == (1, 0, 0, 1)
    before = shop.holdings.store.state()
    assert counts(shop.import_table(source)) == (0, 1, 1, 0)
    assert shop.holdings.store.state() == before
    assert listed(shop) == {"a": "not_an_image"}
    # A picture of the same size and time is not even opened.
    picture = encoded(7)
    broken.write_bytes(picture + b" " * (1010 - len(picture)))
    os.utime(broken, ns=(1, 1_000_000_000))
    assert counts(shop.import_table(source)) == (0, 1, 1, 0)
    os.utime(broken, ns=(1, 2_000_000_000))
    assert counts(shop.import_table(source)) == (1, 1, 0, 0)
    assert listed(shop) == {}


def test_retry_tries_failed_rows_again(shop: pixie.Collection, tmp_path: Path, broken: Path) -> None:
    source = table(tmp_path, {"id": "a", "image": "Pictures/broken.png"})
    shop.import_table(source)
    assert counts(shop.import_table(source, RETRY)) == (0, 0, 0, 1)
    picture = encoded(7)
    broken.write_bytes(picture + b" " * (1010 - len(picture)))
    os.utime(broken, ns=(1, 1_000_000_000))
    assert counts(shop.import_table(source, RETRY)) == (1, 0, 0, 0)
    assert listed(shop) == {}


def test_a_failed_row_that_says_something_else_is_tried_again(
    shop: pixie.Collection, tmp_path: Path, broken: Path
) -> None:
    shop.import_table(table(tmp_path, {"id": "a", "image": "Pictures/broken.png", "text": "a box"}))
    report = shop.import_table(table(tmp_path, {"id": "a", "image": broken.name, "text": "a box"}))
    assert [failure.code for failure in report.failures] == ["missing"]
    assert counts(shop.import_table(table(tmp_path, {"id": "a", "text": "a box"}))) == (1, 0, 0, 0)
    assert listed(shop) == {}


def test_a_row_without_a_file_is_looked_at_again(shop: pixie.Collection, tmp_path: Path) -> None:
    source = table(tmp_path, {"id": "far", "image": "https://example.org/a.png"}, {"id": "b", "text": " "})
    for _ in range(2):
        assert counts(shop.import_table(source)) == (0, 0, 0, 2)
        assert listed(shop) == {"b": "empty", "far": "remote"}


def test_rows_that_their_table_has_no_more_are_forgotten_and_no_others(
    shop: pixie.Collection, tmp_path: Path, broken: Path
) -> None:
    rows: list[dict[str, object]] = [
        {"id": "a", "image": "gone.png"},
        {"id": "b", "image": "Pictures/broken.png"},
        {"image": ["list"]},
    ]
    shop.import_table(table(tmp_path, *rows))
    shop.import_table(table(tmp_path, {"id": "c", "image": "gone.png"}, name="others"))
    assert set(listed(shop)) == {"a", "b", "c", "products row 3"}
    shop.import_table(table(tmp_path, *rows[1:2], {"id": "d", "text": "a chair"}))
    assert set(listed(shop)) == {"b", "c"}


def test_an_import_that_ends_early_forgets_nothing(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.import_table(table(tmp_path, *({"id": name, "image": f"{name}.png"} for name in "abc")))

    def stop(_: pixie.Progress) -> None:
        raise KeyboardInterrupt

    source = table(tmp_path, *({"id": f"{number}", "text": "words"} for number in range(9)))
    with pytest.raises(KeyboardInterrupt):
        shop.import_table(source, progress=stop, batch_size=2)
    assert set(listed(shop)) == {"a", "b", "c"}
    shop.import_table(source)
    assert listed(shop) == {}


def test_failed_rows_on_their_way_again_stay_when_the_run_ends_there(
    shop: pixie.Collection, tmp_path: Path
) -> None:
    shop.import_table(table(tmp_path, *({"id": name, "image": f"{name}.png"} for name in "abc")))
    source = table(tmp_path, *({"id": name, "image": f"{name}.png"} for name in "ab"))
    plan = ImportPlan.of(shop.holdings, str(source))
    taken = plan.take(10)
    assert (len(taken.tasks), taken.ended) == (2, True)
    plan.close()
    assert set(listed(shop)) == {"a", "b"}


def test_a_failed_row_is_no_failed_file(shop: pixie.Collection, tmp_path: Path, broken: Path) -> None:
    """Although both have one id and one path."""
    source = table(tmp_path, {"id": "Pictures/broken.png", "image": "Pictures/broken.png"})
    shop.import_table(source)
    report = shop.index(broken.parent)
    assert (report.added, report.failed_before, len(report.failures)) == (3, 0, 1), "the file is tried itself"
    assert [failure.message[:4] for failure in shop.failures()] == [str(broken)[:4], "row "]
    assert shop.index(broken.parent).failed_before == 1
    broken.unlink()
    shop.index(broken.parent)
    assert [failure.message[:7] for failure in shop.failures()] == ["row 1: "], "the file's is settled"
    assert len(shop.index(broken.parent, retry_failed=True).failures) == 0
    assert len(shop.failures()) == 1
    assert [failure.code for failure in shop.import_table(source).failures] == ["missing"]


def test_removing_an_item_forgets_that_its_row_failed(shop: pixie.Collection, tmp_path: Path) -> None:
    shop.import_table(table(tmp_path, {"id": "a", "text": "a box"}))
    shop.import_table(table(tmp_path, {"id": "a", "text": "a box", "image": "gone.png"}))
    assert (listed(shop), len(shop)) == ({"a": "missing"}, 1)
    shop.remove("a")
    assert listed(shop) == {}
