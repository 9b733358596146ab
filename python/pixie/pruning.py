"""Removing the items whose files have been missing."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.clock import as_text
from pixie.errors import InvalidInputError
from pixie.folders import is_gone

if TYPE_CHECKING:
    from pixie.store import Store


@dataclass(frozen=True, slots=True)
class PruneReport:
    """What pruning removed, or with ``dry_run`` would have.

    Attributes
    ----------
    ids
        Of the items, in order.
    returned
        How many missing items were left alone because their files are there again; indexing takes them back.
    """

    ids: tuple[str, ...]
    returned: int
    dry_run: bool

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return {"ids": list(self.ids), "returned": self.returned, "dry_run": self.dry_run}


def prune(store: Store, older_than: float | None, dry_run: bool) -> PruneReport:
    """Remove the items that are missing, for `older_than` seconds or more.

    Raises
    ------
    InvalidInputError
        `older_than` is negative or no number of seconds.
    """
    latest = None
    if older_than is not None:
        if not math.isfinite(older_than) or older_than < 0:
            raise InvalidInputError(
                f"items missing for {older_than} seconds were asked for", fix="give 0 seconds or more"
            )
        latest = _ago(older_than)
    with store.reading() as connection:
        found = connection.execute(
            "SELECT id, path FROM items WHERE missing IS NOT NULL AND (? IS NULL OR missing <= ?)"
            " ORDER BY id",
            (latest, latest),
        ).fetchall()
    gone = tuple(identifier for identifier, path in found if path is None or is_gone(path))
    if gone and not dry_run:
        store.remove(gone)
    return PruneReport(gone, len(found) - len(gone), dry_run)


def _ago(seconds: float) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        return as_text(now - datetime.timedelta(seconds=seconds))
    except OverflowError:
        # Longer ago than there are dates: nothing was missing then.
        return ""
