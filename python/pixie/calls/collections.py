"""Functions that Java calls on collections."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie import manifest
from pixie.calls.embedding import embedders
from pixie.calls.selections import order_of, where_of
from pixie.calls.table import Handles, check_array, function
from pixie.errors import InvalidInputError
from pixie.holdings import Holdings
from pixie.query import Part
from pixie.records import FailedFile, Record, TouchedFile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

collections: Handles[Holdings] = Handles("collection")


@function
def collection_open(argument: dict[str, Any]) -> dict[str, Any]:
    """Open the collection in a folder; with ``create`` and an ``embedder``, make it when it is not there."""
    folder = Path(os.path.abspath(argument["path"]))
    read_only = bool(argument.get("read_only"))
    handle = argument.get("embedder")
    created = False
    if argument.get("create") and not read_only and not manifest.exists(folder) and handle is not None:
        from pixie.opening import create_collection, model_of

        created = create_collection(folder, model_of(embedders.get(handle)))
    holdings = Holdings(folder, read_only)
    try:
        if handle is not None:
            _bind(holdings, handle)
        if argument.get("frames") is not None:
            holdings.set_frames(argument["frames"])
        stats = holdings.stats()
    except BaseException:
        holdings.close()
        raise
    return {
        "collection": collections.add(holdings),
        "created": created,
        "model": holdings.model.to_json(),
        "frames": holdings.frames,
        "stats": stats,
    }


@function
def collection_bind(argument: dict[str, Any]) -> dict[str, Any]:
    """Check that an embedder is of the collection's model."""
    _bind(collections.get(argument["collection"]), argument["embedder"])
    return {}


@function
def collection_model(argument: dict[str, Any]) -> dict[str, Any]:
    """The model that the collection's vectors are of now."""
    return {"model": collections.get(argument["collection"]).current().model.to_json()}


@function
def collection_close(argument: dict[str, Any]) -> dict[str, Any]:
    """Close a collection; nothing when it is closed."""
    holdings = collections.pop(argument["collection"])
    if holdings is not None:
        holdings.close()
    return {}


@function
def collection_commit(argument: dict[str, Any], vectors: Floats | None = None) -> dict[str, Any]:
    """One durable commit of items with their vectors, float32 (m, d), of failures and of touched files."""
    holdings = collections.get(argument["collection"])
    if vectors is not None:
        check_array(vectors, "float32", (0, holdings.model.dimension), "vectors")
    moved, records = holdings.take_over([Record.from_json(found) for found in argument.get("items", ())])
    added, updated = holdings.commit(
        records,
        vectors,
        [FailedFile.from_json(found) for found in argument.get("failures", ())],
        [TouchedFile.from_json(found) for found in argument.get("touched", ())],
    )
    copied = sum(bool(record.stored) for record in records)
    return {"added": added, "updated": updated, "moved": moved, "copied": copied}


@function
def collection_search(argument: dict[str, Any], vectors: Floats | None = None) -> dict[str, Any]:
    """The items nearest to the sum of some terms, whose vectors are rows of `vectors`, float32 (t, d)."""
    from pixie.search import Page, SearchOptions

    holdings = collections.get(argument["collection"])
    model = holdings.edition_of(argument.get("fingerprint")).model
    if vectors is not None:
        check_array(vectors, "float32", (0, model.dimension), "vectors")
    page = Page(
        argument.get("k", 10),
        argument.get("offset", 0),
        argument.get("min_score"),
        argument.get("target"),
        where_of(argument),
        order_of(argument),
    )
    options = SearchOptions(
        argument.get("kind"),
        argument.get("probes"),
        argument.get("candidates"),
        *(bool(argument.get(name)) for name in ("exact", "explain", "check")),
    )
    parts = [_part(holdings, term, vectors) for term in argument["terms"]]
    return holdings.rank(parts, page, options, fingerprint=model.fingerprint).to_json()


@function
def collection_log(argument: dict[str, Any]) -> dict[str, Any]:
    """A page of the past queries, newest first."""
    holdings = collections.get(argument["collection"])
    return holdings.log(argument.get("offset", 0), argument.get("limit")).to_json()


@function
def collection_log_csv(argument: dict[str, Any]) -> dict[str, Any]:
    """Such a page as comma-separated values."""
    holdings = collections.get(argument["collection"])
    return {"csv": holdings.log(argument.get("offset", 0), argument.get("limit")).to_csv()}


@function
def collection_log_clear(argument: dict[str, Any]) -> dict[str, Any]:
    """Forget all past queries."""
    return {"removed": collections.get(argument["collection"]).queries.clear()}


@function
def collection_log_set(argument: dict[str, Any]) -> dict[str, Any]:
    """Turn the log of queries on or off."""
    on = bool(argument["on"])
    collections.get(argument["collection"]).set_log(on)
    return {"on": on}


def _bind(holdings: Holdings, handle: int) -> None:
    embedder = embedders.get(handle)
    holdings.check_model(embedder.name, embedder.fingerprint)


def _part(holdings: Holdings, term: dict[str, Any], vectors: Floats | None) -> Part:
    weight = float(term.get("weight", 1.0))
    if "id" in term:
        return holdings.part_of(term["id"], weight)
    row = term["vector"]
    if vectors is None or not 0 <= row < len(vectors):
        raise InvalidInputError(f"a term names row {row} of {0 if vectors is None else len(vectors)} vectors")
    return Part(weight, vectors[row], term.get("modality"), written=term.get("term"))
