"""The answer of a SQL query to a SQLite database."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError
from pixie.tables.table import Row, Table
from pixie.tables.text_file import table_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class SqlTable(Table):
    """What a query on a SQLite database gives. The database is opened for reading only.

    Parameters
    ----------
    path
        The database's file.
    query
        One statement that gives rows.

    Raises
    ------
    InvalidInputError
        There is no database, the query is wrong or gives no rows, or names two columns alike.
    """

    def __init__(self, path: str, query: str) -> None:
        self.name, self.folder = table_path(path)
        self.total = None
        self._connection = open_database(path)
        try:
            try:
                self._cursor = self._connection.execute(query)
            except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
                raise InvalidInputError(
                    f"SQLite can't answer the query on {path}: {error}", fix="check the query", item="sql"
                ) from error
            names = [column[0] for column in self._cursor.description or ()]
            if not names:
                raise InvalidInputError(
                    "the query gives no rows", fix="give one that begins with SELECT", item="sql"
                )
            for name in names:
                if names.count(name) > 1:
                    raise InvalidInputError(
                        f"the query gives two columns called {name!r}",
                        fix=f"name them apart, as in SELECT a.{name} AS a_{name}",
                        item="sql",
                    )
            self.columns = tuple(names)
        except BaseException:
            self.close()
            raise

    def rows(self, texts: Collection[str] = ()) -> Iterator[Row]:  # noqa: ARG002
        """All rows of the answer."""
        number = 0
        try:
            for number, cells in enumerate(self._cursor, 1):
                yield Row(number, dict(zip(self.columns, cells, strict=True)))
        except sqlite3.Error as error:
            raise InvalidInputError(
                f"SQLite stopped after row {number} of {self.name}: {error}",
                fix="check the query and the database",
                item="sql",
            ) from error

    @property
    def is_read_again(self) -> bool:
        """False: a query may take long, and its rows come in any order."""
        return False

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def open_database(path: str) -> sqlite3.Connection:
    """A SQLite database, opened for reading.

    Text in it that is not UTF-8 comes as bytes.

    Raises
    ------
    InvalidInputError
        There is no such file, or it is no database.
    """
    file = Path(path).absolute()
    connection = None
    try:
        with file.open("rb"):
            pass
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, check_same_thread=False)
        connection.text_factory = _text
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except (OSError, ValueError, sqlite3.Error) as error:
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(
            f"the database {path} can't be read: {reason}", fix="check the path", item=path
        ) from error
    return connection


def _text(content: bytes) -> str | bytes:
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content
