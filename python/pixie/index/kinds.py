"""The kinds of index there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError
from pixie.index.auto import Auto
from pixie.index.exact import Exact
from pixie.index.hnsw import Hnsw
from pixie.index.kmeans import KMeans
from pixie.index.lsh import Lsh
from pixie.index.pq import Pq

if TYPE_CHECKING:
    from pixie.index.base import Index

KINDS: dict[str, type[Index]] = {kind.kind: kind for kind in (Auto, Exact, Lsh, KMeans, Hnsw, Pq)}
"""Class of each kind, by name."""


def kind_named(name: str) -> type[Index]:
    """The class of a kind.

    Raises
    ------
    InvalidInputError
        There is no such kind; the message names those there are.
    """
    if name not in KINDS:
        raise InvalidInputError(
            f"there is no index kind {name!r}; there are: {', '.join(KINDS)}", item="kind"
        )
    return KINDS[name]
