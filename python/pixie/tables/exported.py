"""What an exported table looks like, and reading it back as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pixie.errors import CollectionError, InvalidInputError
from pixie.items import FACTS, MODALITIES, check_id, check_text
from pixie.metadata import checked_copy
from pixie.tables.incoming import Incoming, RowError, row_error
from pixie.tables.source import Source, ids_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from pixie.items import Modality
    from pixie.manifest import Model
    from pixie.tables.table import Row, Table

ITEM_COLUMNS = ("id", "path", "text", "metadata", *FACTS, "missing", "added")
"""The columns of an export with metadata, in their order."""

VECTOR_COLUMNS = ("model", "image_vector", "text_vector")
"""What an export with vectors has besides: the model's fingerprint, and vectors of `MODALITIES`."""


def is_export(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is one that `export` wrote."""
    names = set(columns)
    return names in (set(ITEM_COLUMNS), {*ITEM_COLUMNS, *VECTOR_COLUMNS}, {"id", *VECTOR_COLUMNS})


class ExportedSource(Source):
    """The items of an exported table, as they were.

    Parameters
    ----------
    table
        A table that `is_export`.
    model
        The model of the collection they go to.
    """

    def __init__(self, table: Table, model: Model) -> None:
        self._table = table
        self._model = model
        self._only_vectors = "metadata" not in table.columns
        self.total = table.total

    def items(self) -> Iterator[Incoming | RowError]:
        """An item for each row, or what is wrong with it.

        Raises
        ------
        CollectionError
            ``wrong_model``: vectors of another model.
        """
        for row in self._table.rows(set(self._table.columns)):
            try:
                yield self._item(row)
            except RowError as error:
                yield error

    def identifiers(self) -> Iterator[tuple[int, str]]:
        """The ids, which are apart unless somebody has put exports together."""
        return ids_in(self._table, "id")

    def columns_json(self) -> None:
        """None: an export says itself what is what."""

    def close(self) -> None:
        """Close the table."""
        self._table.close()

    def _item(self, row: Row) -> Incoming:
        identifier = f"{self._table.name} row {row.number}"
        cells = row.cells
        try:
            if row.problem is not None:
                raise InvalidInputError(row.problem, code="bad_row")
            given = cells.get("id")
            # A table of another program may have made numbers of them on the way.
            identifier = check_id(str(given) if type(given) is int else given)
            vectors = self._vectors(cells)
            if self._only_vectors:
                return Incoming(row.number, identifier, vectors=vectors, only_vectors=True)
            text = cells.get("text")
            check_text(text, identifier)
            return Incoming(
                row.number,
                identifier,
                path=_string(cells, "path"),
                text=text if isinstance(text, str) else None,
                metadata=checked_copy(_object(cells.get("metadata")), identifier),
                facts=_facts(cells),
                added=_string(cells, "added"),
                missing=_string(cells, "missing"),
                vectors=vectors,
            )
        except InvalidInputError as error:
            raise row_error(row.number, identifier, error) from error

    def _vectors(self, cells: Mapping[str, object]) -> dict[Modality, npt.NDArray[np.float32]]:
        fingerprint = cells.get("model")
        found = {modality: cells.get(f"{modality}_vector") for modality in MODALITIES}
        if any(cell is not None for cell in found.values()) and fingerprint != self._model.fingerprint:
            raise CollectionError(
                f"the table {self._table.name} has vectors of a model with the fingerprint {fingerprint}, and"
                f" the collection's is {self._model.name} ({self._model.fingerprint})",
                fix="import it into a collection of that model, or export it without vectors",
                code="wrong_model",
            )
        return {
            modality: as_vector(cell, self._model.dimension)
            for modality, cell in found.items()
            if cell is not None
        }


def as_vector(cell: object, dimension: int) -> npt.NDArray[np.float32]:
    """The vector in a cell, float32 (dimension,): an array, a list of numbers, or JSON of one.

    Raises
    ------
    InvalidInputError
        ``bad_vector``: it is something else, or of another length.
    """
    import numpy as np

    try:
        numbers = json.loads(cell) if isinstance(cell, str) else cell
        # Also for overflow: what is infinite is refused with the norm.
        with np.errstate(over="ignore"):
            vector = np.asarray(numbers, np.float64).astype(np.float32)
    except (ValueError, TypeError) as error:
        raise InvalidInputError("a vector is no list of numbers", code="bad_vector") from error
    if vector.shape != (dimension,):
        raise InvalidInputError(
            f"a vector has the shape {vector.shape}, the collection's have ({dimension},)", code="bad_vector"
        )
    if not abs(float(np.linalg.norm(vector.astype(np.float64))) - 1.0) <= 1e-3:
        raise InvalidInputError("a vector is not of length 1", code="bad_vector")
    return vector


def _string(cells: Mapping[str, object], name: str) -> str | None:
    value = cells.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidInputError(f"its {name} is {value!r}, not a text")


def _object(cell: object) -> Any:
    if not isinstance(cell, str):
        return cell
    try:
        return json.loads(cell)
    except ValueError as error:
        raise InvalidInputError(f"its metadata is no JSON: {error}") from error


def _facts(cells: Mapping[str, object]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, kind in FACTS.items():
        value = cells.get(name)
        try:
            if value is not None:
                facts[name] = kind(value) if isinstance(value, str) else value
        except ValueError as error:
            raise InvalidInputError(f"its {name} is {value!r}") from error
    return facts
