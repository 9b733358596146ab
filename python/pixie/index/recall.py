"""recall@k: how many of the true nearest rows a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy.typing as npt


def recalls(found: npt.ArrayLike, exact: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """For each query that has rows to find the share of them that was found, float64 (at most q,).

    Order does not count, and -1 (no more rows) never does.
    """
    got, want = np.asarray(found), np.asarray(exact)
    shares = [
        np.isin(true, rows[rows >= 0]).mean()
        for rows, true in zip(got, (row[row >= 0] for row in want), strict=True)
        if true.size
    ]
    return np.array(shares, np.float64)


def recall_at_k(found: npt.ArrayLike, exact: npt.ArrayLike, k: int | None = None) -> float:
    """Mean over the queries of ``|found[:k] & exact[:k]| / |exact[:k]|``.

    Order inside the first k does not count, and -1 (no more rows) never does: a query for which fewer than k
    rows were allowed is measured against those there were, and one with none is left out.

    Parameters
    ----------
    found
        Rows that a search returned, int (q, at least k).
    exact
        Rows that the exact search returned for the same queries and filter, int (q, at least k).
    k
        How many of each to look at; all columns of `exact` when None.

    Returns
    -------
    float
        From 0 to 1; 1 when no query has a row to find.

    Examples
    --------
    >>> recall_at_k([[4, 9]], [[9, 7]], 2)
    0.5
    """
    got, want = np.asarray(found), np.asarray(exact)
    if got.ndim != 2 or want.ndim != 2 or len(got) != len(want):
        raise InvalidInputError(
            f"rows of the shapes {got.shape} and {want.shape} are not of the same queries"
        )
    k = want.shape[1] if k is None else k
    if not 1 <= k <= min(got.shape[1], want.shape[1]):
        raise InvalidInputError(
            f"k is {k}, there are {got.shape[1]} found and {want.shape[1]} exact rows", item="k"
        )
    shares = recalls(got[:, :k], want[:, :k])
    return float(shares.mean()) if shares.size else 1.0
