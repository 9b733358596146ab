"""JSON: an array of objects, or an object whose arrays hold them; and NDJSON, an object a line."""

from __future__ import annotations

import json
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import IO, TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.tables.table import Row, Table
from pixie.tables.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_CHUNK = 1 << 18


class _JsonTable(Table):
    """What both have in common: a first reading finds the columns and counts the rows."""

    def __init__(self, path: str, encoding: str | None) -> None:
        self._file = TextFile(path, encoding)
        self.name, self.folder = self._file.name, self._file.folder
        try:
            columns: dict[str, None] = {}
            self.total = 0
            for row in self.rows():
                self.total = row.number
                columns.update(dict.fromkeys(row.cells))
            self.columns = tuple(columns)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class NdjsonTable(_JsonTable):
    """A file with a JSON object on each line; blank lines are passed over.

    Raises
    ------
    InvalidInputError
        What `TextFile` raises. A line that is no JSON object is a row with a problem.
    """

    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:  # noqa: ARG002
        """A row for each line that is not blank."""
        number = 0
        with self._file.text() as text:
            for line, written in enumerate(text, 1):
                if written.isspace():
                    continue
                number += 1
                yield _row(number, written.rstrip("\r\n"), line)


class JsonTable(_JsonTable):
    """A file with a JSON array of objects, or with an object whose arrays hold them, read piece by piece.

    Raises
    ------
    InvalidInputError
        It is neither, or no JSON, which the message says with the line; and what `TextFile` raises.
    """

    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:  # noqa: ARG002
        """A row for each element of the array, or of each array in the object."""
        with self._file.text() as text:
            document = _Document(text, self.name)
            start = document.peek()
            if start == "[":
                found = document.array()
            elif start == "{":
                found = self._arrays_in(document)
            else:
                raise self._without_rows()
            for number, value in enumerate(found, 1):
                yield _row_of(number, value, "it")
            document.end()

    def _arrays_in(self, document: _Document) -> Iterator[Any]:
        arrays = 0
        for _ in document.members():
            if document.peek() == "[":
                arrays += 1
                yield from document.array()
            else:
                document.value()
        if not arrays:
            raise self._without_rows()

    def _without_rows(self) -> InvalidInputError:
        return InvalidInputError(
            f"the table {self.name} holds no array of objects",
            fix='give [{"id": ...}] or {"name": [{"id": ...}]}; an object a line is --format ndjson',
        )


class _Document:
    """A JSON text, decoded value by value from a file that need not fit in memory."""

    def __init__(self, text: IO[str], name: str) -> None:
        self._text = text
        self._name = name
        self._decoder = json.JSONDecoder()
        self._waiting = ""
        self._place = 0
        self._line = 1

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            self._place = WHITESPACE.match(self._waiting, self._place).end()
            if self._place < len(self._waiting):
                return self._waiting[self._place]
            if not self._more(_CHUNK):
                return ""

    def array(self) -> Iterator[Any]:
        """The elements of the array that comes next."""
        self._take("[")
        if self.peek() == "]":
            self._place += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self._place += 1
                return
            self._take(",")

    def members(self) -> Iterator[str]:
        """The names in the object that comes next; after each, its value is to be read."""
        self._take("{")
        if self.peek() == "}":
            self._place += 1
            return
        while True:
            if self.peek() != '"':
                raise self._error("a name in quotes is missing", self._place)
            name = self.value()
            self._take(":")
            yield name
            if self.peek() == "}":
                self._place += 1
                return
            self._take(",")

    def value(self) -> Any:
        """The value that comes next, whole."""
        start = self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._waiting, self._place)
                # A number or a word may go on in what has not been read.
                if end < len(self._waiting) or start in '"[{' or not self._more(size):
                    self._place = end
                    return value
            except json.JSONDecodeError as error:
                # Doubled, so that a long value is not decoded from its beginning too often.
                if not self._more(size):
                    raise self._error(error.msg, error.pos) from error
            except (ValueError, RecursionError) as error:
                raise self._error(f"a value can't be read: {error}", self._place) from error
            size *= 2

    def end(self) -> None:
        """Refuse whatever follows."""
        if self.peek():
            raise self._error("something follows the end", self._place)

    def _take(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise self._error(f"{wanted!r} is missing", self._place)
        self._place += 1

    def _more(self, size: int) -> bool:
        self._line += self._waiting.count("\n", 0, self._place)
        part = self._text.read(size)
        self._waiting = self._waiting[self._place :] + part
        self._place = 0
        return bool(part)

    def _error(self, reason: str, place: int) -> InvalidInputError:
        line = self._line + self._waiting.count("\n", 0, place)
        return InvalidInputError(
            f"the table {self._name} is no JSON: line {line}: {reason}",
            fix="repair that line; an object a line, without commas between, is --format ndjson",
        )


def _row(number: int, written: str, line: int) -> Row:
    try:
        value = json.loads(written)
    except json.JSONDecodeError as error:
        return Row(number, {}, f"line {line} is no JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return Row(number, {}, f"line {line} is no JSON that can be read: {error}")
    return _row_of(number, value, f"line {line}")


def _row_of(number: int, value: Any, place: str) -> Row:
    if isinstance(value, dict):
        return Row(number, value)
    kinds = {list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return Row(number, {}, f"{place} is {kinds.get(type(value), 'a number')}, not an object")
