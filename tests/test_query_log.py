"""Past queries are kept by whoever searches, and no search fails or waits for that."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from collection_fixtures import (
    DIMENSION,
    HARD_STRINGS,
    MODEL,
    put,
    run_python,
    start_python,
    unit,
    unwritable,
)
from pixie import query_log
from pixie.errors import ClosedError, CollectionError, InvalidInputError
from pixie.holdings import Holdings
from pixie.manifest import Manifest
from pixie.opening import INDEX_SETTINGS
from pixie.query import Part, Term
from pixie.query_file import FILE_NAME
from pixie.query_log import QueryLog
from pixie.search import Page, SearchOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pixie.items import SearchResult


def ask(holdings: Holdings, *names: str, **options: object) -> SearchResult:
    """Search for the vectors that some names stand for."""
    parts = [Part(1.0, unit(name), "text", written=name) for name in names]
    return holdings.rank(parts, Page(3), SearchOptions(**options))  # type: ignore[arg-type]


def terms(holdings: Holdings) -> list[tuple[str, ...]]:
    return [query.terms for query in holdings.log(0, None)]


@pytest.fixture
def stocked(holdings: Holdings) -> Iterator[Holdings]:
    """A collection of five items, open for writing."""
    put(holdings, *"abcde")
    return holdings


def test_a_query_is_kept_with_what_it_asked_and_how_it_was_answered(stocked: Holdings) -> None:
    ask(stocked, "a dog", "0.5:snow", kind="kmeans", probes=7, check=True)
    (query,) = stocked.log(0, None)
    assert query.terms == ("a dog", "0.5:snow")
    assert (query.modality, query.kind, dict(query.settings)) == ("text", "kmeans", {"probes": 7})
    assert (query.k, query.hits, query.recall) == (3, 3, 1.0)
    assert query.seconds > 0
    assert query.time.endswith("Z")


def test_the_newest_come_first_and_page_by_page(stocked: Holdings) -> None:
    for number in range(5):
        ask(stocked, str(number))
    assert terms(stocked) == [("4",), ("3",), ("2",), ("1",), ("0",)]
    page = stocked.log(1, 2)
    assert ([query.terms for query in page], page.total, page.on) == ([("3",), ("2",)], 5, True)
    assert (len(stocked.log(7, 2)), stocked.log(7, 2).total) == (0, 5)


@pytest.mark.parametrize(("offset", "limit"), [(-1, 1), (0, -1), (True, 1), (0, "1")])
def test_a_page_that_makes_no_sense_is_refused(stocked: Holdings, offset: int, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        stocked.log(offset, limit)


@pytest.mark.parametrize("text", HARD_STRINGS)
def test_characters_of_every_kind_survive(stocked: Holdings, text: str) -> None:
    ask(stocked, text)
    assert terms(stocked) == [(text,)]


def test_a_vector_without_words_is_remarked_on(stocked: Holdings) -> None:
    stocked.rank([Part(-0.5, unit("x")), stocked.part_of("a", 2.0)], Page())
    assert terms(stocked) == [(f"-0.5:(vector of {DIMENSION} numbers)", "2:id:a")]


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (Term.text("a dog"), "a dog"),
        (Term.text("people", -1), "-1:people"),
        (Term.text("@home", 0.5), "0.5:text:@home"),
        (Term.text("12:30"), "text:12:30"),
        (Term.image("/x/y.jpg", 1e-7), "0.0000001:@/x/y.jpg"),
        (Term.item("text:x", 1e30), "1000000000000000000000000000000:id:text:x"),
        (Term.image(b"1234"), "@(picture of 4 bytes)"),
        (Term.vector([1, 2, 3], 2), "2:(vector of 3 numbers)"),
    ],
)
def test_a_term_is_written_as_the_command_line_takes_it(term: Term, written: str) -> None:
    assert str(term) == written
    if "(" not in written:
        assert Term.parse(written) == term


def test_it_outlives_the_process_and_readers_write_it_too(folder: Path, stocked: Holdings) -> None:
    ask(stocked, "by the writer")
    with Holdings(folder, read_only=True) as reader:
        ask(reader, "by a reader")
        assert terms(reader) == [("by a reader",), ("by the writer",)]
    with Holdings(folder, read_only=True) as reader:
        assert terms(reader) == [("by a reader",), ("by the writer",)]


def test_a_search_that_was_refused_is_not_kept(stocked: Holdings) -> None:
    with pytest.raises(InvalidInputError):
        stocked.rank([], Page())
    assert terms(stocked) == []
    assert not (stocked.path / FILE_NAME).exists()


def test_processes_and_threads_write_at_once(folder: Path, stocked: Holdings) -> None:
    source = f"""
        from pixie.query import Part
        from pixie.search import Page
        with Holdings(Path({str(folder)!r}), read_only=True) as reader:
            sys.stdin.readline()
            for number in range(150):
                reader.rank([Part(1.0, unit("x"), written=sys.argv[1] + str(number))], Page(1))
        """
    children = [start_python(source, name) for name in ("p", "q")]

    def search(name: str) -> None:
        for number in range(150):
            ask(stocked, f"{name}{number}")

    threads = [threading.Thread(target=search, args=(name,)) for name in ("r", "s")]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for child in children:
        child.communicate()
        assert child.returncode == 0
    assert sorted(terms(stocked)) == sorted((f"{name}{n}",) for name in "pqrs" for n in range(150))


def test_a_process_that_is_killed_leaves_what_was_written(folder: Path, stocked: Holdings) -> None:
    run_python(
        f"""
        from pixie.query import Part
        from pixie.search import Page
        reader = Holdings(Path({str(folder)!r}), read_only=True)
        for number in range(200):
            reader.rank([Part(1.0, unit("x"), written=str(number))], Page(1))
        os.kill(os.getpid(), 9)
        """,
        code=-9,
    )
    kept = [int(words) for (words,) in terms(stocked)]
    assert kept == list(range(len(kept)))[::-1]
    assert len(kept) > 200 - query_log.TOGETHER
    ask(stocked, "afterwards")
    assert terms(stocked)[0] == ("afterwards",)


def test_the_newest_ten_thousand_are_kept(folder: Path) -> None:
    with Holdings(folder) as holdings:
        ask(holdings, "x")
        (first,) = holdings.log(0, 1)
        for number in range(query_log.KEPT + 5):
            holdings.queries.note(
                pixie.LoggedQuery.from_json(first.to_json() | {"terms": [str(number)]}), unit("x")
            )
        page = holdings.log(0, None)
        assert page.total == len(page) == query_log.KEPT
        assert {query.terms for query in page} == {(str(n),) for n in range(5, query_log.KEPT + 5)}


def test_a_folder_that_cant_be_written_is_searched_and_not_logged(folder: Path, stocked: Holdings) -> None:
    ask(stocked, "before")
    stocked.close()
    with unwritable(folder), Holdings(folder, read_only=True) as reader:
        for _ in range(query_log.MOST_WAITING + 10):
            assert len(ask(reader, "a")) == 3
        assert ask(reader, "a").warnings == ()
        assert terms(reader) == [("before",)]
        with pytest.raises(CollectionError) as refused:
            reader.queries.clear()
        assert refused.value.code == "read_only"
        kept = reader.queries.means()
        reader.queries.save_means({"text": (99, np.zeros(DIMENSION))})
        assert [count for count, _ in reader.queries.means().values()] == [n for n, _ in kept.values()]


def test_what_could_not_be_written_is_written_later(folder: Path, stocked: Holdings) -> None:
    ask(stocked, "first")
    blocker = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    for number in range(2 * query_log.TOGETHER):
        assert len(ask(stocked, str(number))) == 3
    assert len(terms(stocked)) == 1
    blocker.execute("ROLLBACK")
    blocker.close()
    assert len(terms(stocked)) == 2 * query_log.TOGETHER + 1


DAMAGES = {
    "no database": lambda file: file.write_bytes(b"this is no database" * 1000),
    "pages lost": lambda file: file.write_bytes(file.read_bytes()[:4096] + bytes(3 * 4096)),
    "other tables": lambda file: _run(file, "DROP TABLE queries", "CREATE TABLE queries (time, number)"),
    "no json": lambda file: _run(file, "UPDATE queries SET terms = 'no json'"),
    "other types": lambda file: _run(file, "UPDATE queries SET terms = 7"),
}


def _run(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_log_is_set_aside_with_a_warning(folder: Path, stocked: Holdings, damage: str) -> None:
    ask(stocked, "before")
    stocked.close()
    DAMAGES[damage](folder / FILE_NAME)
    with Holdings(folder, read_only=True) as reader:
        answer = ask(reader, "after")
        page = reader.log(0, None)
        (warning,) = answer.warnings + page.warnings
        assert warning.code == "log_damaged"
        assert f"{FILE_NAME}.damaged" in warning.message
        assert [hit.id for hit in answer] == [hit.id for hit in ask(reader, "after")]
        assert ("after",) in terms(reader)
        assert ("before",) not in terms(reader)
        assert reader.log(0, None).warnings == ()
    assert (folder / f"{FILE_NAME}.damaged").exists()


def test_a_damaged_log_that_cant_be_moved_is_said_once(folder: Path, stocked: Holdings) -> None:
    ask(stocked, "before")
    stocked.close()
    (folder / FILE_NAME).write_bytes(b"this is no database" * 1000)
    with unwritable(folder), Holdings(folder, read_only=True) as reader:
        said = [warning for _ in range(200) for warning in ask(reader, "a").warnings]
        assert [warning.code for warning in said] == ["log_damaged"]
        assert "could not be moved" in said[0].message
        assert len(ask(reader, "a")) == 3


def test_a_log_that_was_deleted_is_begun_again(folder: Path, stocked: Holdings) -> None:
    ask(stocked, "before")
    assert len(terms(stocked)) == 1
    for file in folder.glob(f"{FILE_NAME}*"):
        file.unlink()
    assert terms(stocked) == []
    ask(stocked, "after")
    assert terms(stocked) == [("after",)]


def test_the_log_is_turned_off_and_on_for_all_who_search(folder: Path, stocked: Holdings) -> None:
    with Holdings(folder, read_only=True) as reader:
        ask(reader, "before")
        stocked.set_log(False)
        ask(stocked, "secret")
        ask(reader, "secret")
        assert (terms(reader), reader.log(0, None).on) == ([("before",)], False)
        stocked.set_log(True)
        assert reader.log(0, None).on
        ask(reader, "after")
        assert terms(reader) == [("after",), ("before",)]
    assert Manifest.read(folder).settings["index"] == INDEX_SETTINGS


def test_a_collection_whose_log_is_off_has_none(folder: Path, stocked: Holdings) -> None:
    stocked.set_log(False)
    ask(stocked, "secret")
    stocked.close()
    with Holdings(folder, read_only=True) as reader:
        ask(reader, "secret")
    assert not (folder / FILE_NAME).exists()


def test_only_a_writer_turns_the_log_off(folder: Path, stocked: Holdings) -> None:
    with (
        Holdings(folder, read_only=True) as reader,
        pytest.raises(CollectionError, match="was opened read-only"),
    ):
        reader.set_log(False)


def test_what_was_cleared_can_be_read_in_no_file(folder: Path, stocked: Holdings) -> None:
    for number in range(100):
        ask(stocked, f"secret {number}")
    stocked.queries.save_means({"text": (3, np.ones(DIMENSION))})
    assert len(terms(stocked)) == 100
    with Holdings(folder, read_only=True) as reader:
        assert reader.queries.clear() == 100
        assert reader.queries.clear() == 0
    assert terms(stocked) == []
    assert list(stocked.queries.means()) == ["text"]
    stocked.close()
    assert not any(b"secret" in file.read_bytes() for file in folder.glob(f"{FILE_NAME}*"))


def test_clearing_no_log_makes_none(folder: Path, stocked: Holdings) -> None:
    assert stocked.queries.clear() == 0
    assert not (folder / FILE_NAME).exists()


def test_vectors_of_past_queries_come_newest_first_and_once_each(stocked: Holdings) -> None:
    for name in ("one", "two", "one", "three"):
        ask(stocked, name)
    stocked.rank([Part(1.0, unit("a picture"), "image")], Page())
    stocked.rank([Part(1.0, unit("who knows"))], Page())
    log = stocked.queries
    np.testing.assert_array_equal(log.vectors("text", 10), [unit(name) for name in ("three", "one", "two")])
    np.testing.assert_array_equal(log.vectors("text", 2), [unit("three"), unit("one")])
    np.testing.assert_array_equal(log.vectors("image", 10), [unit("a picture")])
    np.testing.assert_array_equal(log.vectors(None, 10), [unit("who knows")])
    assert log.vectors("text", 10).dtype == np.float32


def test_no_vectors_are_an_empty_matrix(stocked: Holdings) -> None:
    assert stocked.queries.vectors("text", 10).shape == (0, DIMENSION)


def test_means_of_more_queries_take_the_place_of_those_of_fewer(folder: Path) -> None:
    log, other = QueryLog(folder, MODEL), QueryLog(folder, MODEL)
    assert log.means() == {}
    assert not (folder / FILE_NAME).exists()
    text, image = np.linspace(0, 1, DIMENSION), np.full(DIMENSION, 1 / 3)
    log.save_means({"text": (5, text), "image": (16, image)})
    other.save_means({"text": (9, 2 * text), "image": (2, text)})
    kept = log.means()
    assert {name: count for name, (count, _) in kept.items()} == {"text": 9, "image": 16}
    np.testing.assert_array_equal(kept["text"][1], 2 * text)
    np.testing.assert_array_equal(kept["image"][1], image)
    log.close()
    other.close()


def test_means_that_are_no_numbers_are_none(folder: Path) -> None:
    log = QueryLog(folder, MODEL)
    log.save_means({"text": (5, np.ones(DIMENSION))})
    log.close()
    _run(folder / FILE_NAME, f"UPDATE means SET sum = '{'x' * 8 * DIMENSION}'")
    again = QueryLog(folder, MODEL)
    assert again.means() == {}
    assert [remark.code for remark in again.remarks()] == ["log_damaged"]
    again.close()


def test_a_closed_log_says_so_and_notes_nothing(stocked: Holdings) -> None:
    ask(stocked, "a")
    (query,) = stocked.log(0, None)
    stocked.close()
    stocked.queries.note(query, unit("a"))
    stocked.queries.save_means({"text": (1, np.ones(DIMENSION))})
    stocked.queries.close()
    with pytest.raises(ClosedError):
        stocked.log(0, None)
    with pytest.raises(ClosedError):
        stocked.set_log(False)


def test_the_package_reads_and_clears_the_log(tmp_path: Path, tiny: Path) -> None:
    with pixie.open(tmp_path / "photos", tiny) as photos:
        photos.add(id="a", text="a dog")
        photos.search(["a dog", Term.item("a", -0.5)])
        photos.set_log(False)
        photos.search("a secret")
        (query,) = photos.log()
        assert (query.terms, query.modality) == (("a dog", "-0.5:id:a"), "text")
        assert isinstance(query, pixie.LoggedQuery)
        assert photos.log(limit=1, offset=1).queries == ()
        assert photos.clear_log() == 1
        assert len(photos.log()) == 0
