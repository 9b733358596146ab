"""Changing a collection's kind of index, or its settings, without embedding anything again."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pixie.live_index import LiveIndex
    from pixie.query_log import QueryLog
    from pixie.store import Store


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a change of the index did.

    Attributes
    ----------
    kind, settings
        The kind now, and those of its settings that are not left to it.
    before
        The kind before.
    vectors
        How many vectors the index holds.
    search
        How the index looks: ``exact scan`` where there are too few vectors for anything else.
    seconds
        How long it took.
    """

    kind: str
    settings: dict[str, int]
    before: str
    vectors: int
    search: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return asdict(self)


def changed(
    present: Mapping[str, Any], kind: str | None, settings: Mapping[str, int | None] | None
) -> dict[str, Any]:
    """The settings of an index, as ``collection.json`` has them, after a change.

    Parameters
    ----------
    present
        What they are now: the kind, its settings, and perhaps ``tuned``.
    kind
        The kind wanted; None for the present one. Another kind keeps nothing of the settings.
    settings
        Values of some settings; None gives one back its default.

    Raises
    ------
    InvalidInputError
        There is no such kind or setting, or a value is out of its range; the message names the choices.
    """
    from pixie.index import kind_named

    wanted = str(present["kind"]) if kind is None else kind
    made = kind_named(wanted).settings_type
    given = dict(settings or {})
    known = set(made().as_dict())
    # A setting that is given back its default must exist, too.
    made.of({name: value for name, value in given.items() if value is not None or name not in known})
    settled = {name: value for name, value in present.items() if name not in {"kind", "tuned"}}
    kept = settled if wanted == present["kind"] else {}
    after = {name: value for name, value in {**kept, **given}.items() if value is not None}
    made.of(after)
    # Settings of a search that were tuned fit the buckets they were tuned on.
    same = wanted == present["kind"] and after == kept
    tuned = {"tuned": present["tuned"]} if same and "tuned" in present else {}
    return {"kind": wanted, **after, **tuned}


def rebuilt(
    store: Store,
    folder: Path,
    log: QueryLog,
    present: Mapping[str, Any],
    kind: str | None,
    settings: Mapping[str, int | None] | None,
    write: Callable[[dict[str, Any]], None],
) -> tuple[LiveIndex, ReindexReport]:
    """Build an index anew from a collection's vectors, save it, and write its settings down.

    Parameters
    ----------
    store
        Whose vectors.
    folder
        Where the index is saved.
    log
        Past queries, by which it is tuned.
    present, kind, settings
        As `changed` takes them.
    write
        Writes the settings into ``collection.json``.

    Raises
    ------
    InvalidInputError
        For the settings.
    CollectionError
        ``disk_full`` or ``read_only``; the settings are then as they were.
    """
    from pixie.live_index import LiveIndex

    after = changed(present, kind, settings)
    given = {name: value for name, value in after.items() if name != "kind"}
    began = time.perf_counter()
    live = LiveIndex(store, after["kind"], given, folder, log)
    # The index first: until the settings follow it is not of the kind they name, so whoever opens the
    # collection builds that one. Readers that see the new settings find their index ready.
    saved = live.rebuild()
    write(after)
    if not saved:
        shutil.rmtree(folder, ignore_errors=True)
    facts = live.current().stats()
    return live, ReindexReport(
        kind=after["kind"],
        settings={name: value for name, value in given.items() if name != "tuned"},
        before=str(present["kind"]),
        vectors=facts["rows"],
        search=facts.get("search", after["kind"]),
        seconds=time.perf_counter() - began,
    )
