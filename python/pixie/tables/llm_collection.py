"""Collections that the program llm keeps in a SQLite database: vectors, and texts or pictures when stored."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import InvalidInputError
from pixie.items import check_id
from pixie.metadata import checked_copy
from pixie.suffixes import PICTURE_SUFFIXES
from pixie.tables.foreign_vectors import check_model, unit_vector
from pixie.tables.incoming import Incoming, RowError, row_error
from pixie.tables.source import Source
from pixie.tables.sql_table import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixie.items import Modality
    from pixie.manifest import Model
    from pixie.tables.options import TableOptions


class LlmSource(Source):
    """The entries of one collection of llm's, with their vectors, which are scaled to length 1.

    An entry without stored content has the vector of a picture when its id ends as a picture's name does, and
    of a text otherwise.

    Parameters
    ----------
    path
        The database.
    model
        The model of the collection they go to.
    options
        ``table`` is llm's collection, which may be left out where there is one alone; ``model_of`` says which
        model its vectors are of, where llm's name for it says nothing.

    Raises
    ------
    InvalidInputError
        The database has no such collection, or several and none was named.
    CollectionError
        ``wrong_model``.
    """

    def __init__(self, path: str, model: Model, options: TableOptions) -> None:
        self._dimension = model.dimension
        self._connection = open_database(path)
        try:
            self._number, self._name, said = self._chosen(path, options.table)
            check_model(options.model_of or said, model, f"llm's collection {self._name}")
            (self.total,) = self._connection.execute(
                "SELECT count(*) FROM embeddings WHERE collection_id = ?", (self._number,)
            ).fetchone()
        except BaseException:
            self.close()
            raise

    def items(self) -> Iterator[Incoming | RowError]:
        """An item for each entry, in the order of the ids."""
        found = self._connection.execute(
            "SELECT id, embedding, content, content_blob, metadata FROM embeddings"
            " WHERE collection_id = ? ORDER BY id",
            (self._number,),
        )
        try:
            for number, (identifier, *entry) in enumerate(found, 1):
                try:
                    yield self._item(number, identifier, *entry)
                except InvalidInputError as error:
                    yield row_error(number, identifier if isinstance(identifier, str) else "?", error)
        except sqlite3.Error as error:
            raise InvalidInputError(f"llm's collection {self._name} can't be read on: {error}") from error

    def columns_json(self) -> None:
        """None: what is what goes without saying."""

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _chosen(self, path: str, wanted: str | None) -> tuple[int, str, str]:
        try:
            rows = self._connection.execute(
                "SELECT id, name, model FROM collections ORDER BY name"
            ).fetchall()
            self._connection.execute(
                "SELECT id, embedding, content, content_blob, metadata, collection_id FROM embeddings LIMIT 0"
            )
        except sqlite3.Error as error:
            raise InvalidInputError(
                f"the database {path} holds no collections of llm's",
                fix="say with --sql which rows to take",
                item=path,
            ) from error
        names = [name for _, name, _ in rows]
        chosen = [row for row in rows if wanted in (None, row[1])]
        if len(chosen) == 1:
            number, name, said = chosen[0]
            return number, name, said
        what = "several collections" if wanted is None else f"no collection {wanted!r}"
        raise InvalidInputError(
            f"the database {path} has {what if names else 'no collections'}",
            fix=f"name one with --table: {', '.join(map(str, names))}" if names else None,
            item="table",
        )

    def _item(
        self,
        number: int,
        identifier: object,
        embedding: object,
        content: object,
        blob: object,
        metadata: object,
    ) -> Incoming:
        known = check_id(identifier)
        if not isinstance(embedding, bytes) or len(embedding) % 4:
            raise InvalidInputError("its vector is no list of float32 numbers", code="bad_vector")
        vector = unit_vector(np.frombuffer(embedding, "<f4"), self._dimension)
        facts: dict[str, Any] = {}
        if isinstance(blob, bytes):
            facts["sha256"] = hashlib.sha256(blob).hexdigest()
        text = content if isinstance(content, str) and content.strip() else None
        is_picture = text is None and (bool(facts) or os.path.splitext(known)[1].lower() in PICTURE_SUFFIXES)
        modality: Modality = "image" if is_picture else "text"
        return Incoming(
            number,
            known,
            text=text,
            metadata=_object(metadata, known),
            facts=facts,
            vectors={modality: vector},
        )


def _object(metadata: object, identifier: str) -> dict[str, Any]:
    if metadata is None:
        return {}
    try:
        found = json.loads(metadata) if isinstance(metadata, str) else None
    except ValueError as error:
        raise InvalidInputError(f"its metadata is no JSON: {error}") from error
    return checked_copy(found if isinstance(found, dict) else {"metadata": found}, identifier)
