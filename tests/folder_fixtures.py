"""Folders of files, and indexing them without pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from collection_fixtures import unit
from pixie.listing import Selection
from pixie.plan import PlanOptions
from pixie.records import FailedFile, Record
from pixie.reports import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixie.holdings import Holdings
    from pixie.plan import Plan


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "surrogateescape"))
    return folder


def take(plan: Plan) -> list[str]:
    return [task.id for task in plan.take(1_000_000)]


def index(
    holdings: Holdings,
    *paths: Path,
    bad: tuple[str, ...] = (),
    retry_failed: bool = False,
    only: Iterable[Path] = (),
) -> Plan:
    """What indexing would do, without pictures: commits every file of a plan, or notes that it failed."""
    plan = holdings.plan(paths, PlanOptions(retry_failed, only=tuple(map(str, only))))
    tasks = plan.take(1_000_000)
    good = [task for task in tasks if task.id not in bad]
    records = [
        Record(
            task.id,
            path=task.path,
            facts={
                "size": task.size,
                "mtime_ns": task.mtime_ns,
                "sha256": f"hash of {Path(task.path).name}".encode("ascii", "replace").decode(),
            },
            vectors=(("image", row),),
        )
        for row, task in enumerate(good)
    ]
    rows = np.stack([unit(task.id) for task in good]) if good else None
    failures = [
        FailedFile(Failure(task.id, task.path, "truncated", "cut"), task.size, task.mtime_ns)
        for task in tasks
        if task.id in bad
    ]
    holdings.commit(records, rows, failures)
    return plan


def counts(plan: Plan) -> tuple[int, int, int, int]:
    return plan.found, plan.todo, plan.unchanged, plan.failed_before


def ids(holdings: Holdings) -> list[str]:
    return [item.id for item in holdings.listing.page(Selection(missing="include"), 0, None)[0]]
