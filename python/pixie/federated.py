"""One search over several collections of the same model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.errors import CollectionError, InvalidInputError
from pixie.filters import Filter
from pixie.query import Term
from pixie.search import Page, SearchOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pixie.collection import Collection
    from pixie.items import Hit, Modality
    from pixie.reports import Warning  # noqa: A004


@dataclass(frozen=True, slots=True)
class CollectionHit:
    """A hit, and the name of the collection it is of."""

    collection: str
    hit: Hit

    def to_json(self) -> dict[str, Any]:
        """The hit's JSON object, with the collection in front."""
        return {"collection": self.collection, **self.hit.to_json()}


@dataclass(frozen=True, slots=True)
class FederatedResult:
    """The answer of several collections to one query: hits, best first, and what was remarked."""

    hits: tuple[CollectionHit, ...]
    warnings: tuple[Warning, ...] = ()


def search_collections(
    collections: Sequence[Collection],
    query: str | Term | Sequence[str | Term],
    k: int = 10,
    *,
    offset: int = 0,
    min_score: float | None = None,
    target: Modality | None = None,
    where: Filter | str | None = None,
    exact: bool = False,
) -> FederatedResult:
    """The items of several collections nearest to a query, best first.

    Scores of one model compare with each other, so this is what one collection with all their items would
    find; equal scores come in the order of the collections. The query is embedded once.

    Parameters
    ----------
    collections
        Open collections, at least one.
    query, k, offset, min_score, target, where, exact
        As `Collection.search` takes them. A term by the id of an item is refused: which collection would it
        be of? Of an animation as many frames count as in the first collection.

    Raises
    ------
    InvalidInputError
        There is no collection, or a term names an item; and what `Collection.search` raises.
    CollectionError
        ``wrong_model`` when their models differ, ``replaced`` when that of one was changed meanwhile.
    """
    if not collections:
        raise InvalidInputError("no collection was given to search in", fix="give one or more")
    first = collections[0]
    models = [collection.holdings.current().model for collection in collections]
    for other, model in zip(collections, models, strict=True):
        if model.fingerprint != models[0].fingerprint:
            raise CollectionError(
                f"the collection {first.name} has vectors of the model {models[0].name}, and {other.name}"
                f" of {model.name}: their scores don't compare",
                fix="search them one by one",
                code="wrong_model",
            )
    terms = Term.several(query)
    named = next((term for term in terms if term.kind == "item"), None)
    if named is not None:
        raise InvalidInputError(
            f"a search over several collections can't tell of which one the item {named.value!r} is",
            fix="give the picture's file, or search one collection",
            item=str(named.value),
        )
    # Each may have all of the best.
    page = Page(Page(k, offset).k + offset, 0, min_score, target, None if where is None else Filter.of(where))
    parts, warnings = first.parts(terms)
    found: list[CollectionHit] = []
    remarks: list[Warning] = list(warnings)
    for collection in collections:
        result = collection.holdings.rank(
            parts, page, SearchOptions(exact=exact), fingerprint=models[0].fingerprint
        )
        found += [CollectionHit(collection.name, hit) for hit in result]
        remarks += result.warnings
    found.sort(key=lambda each: -each.hit.score)
    return FederatedResult(tuple(found[offset : offset + k]), tuple(remarks))
