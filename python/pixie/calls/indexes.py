"""Functions that Java calls on a collection's index: to change it, to tune it and to measure it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie.calls.collections import collections
from pixie.calls.table import Handles, function

if TYPE_CHECKING:
    from pixie.steps import Steps


@dataclass(frozen=True, slots=True)
class _Job:
    """Long work that is done a step at a time, so that no other call waits for all of it."""

    steps: Steps[Any]


jobs: Handles[_Job] = Handles("job")


@function
def collection_reindex(argument: dict[str, Any]) -> dict[str, Any]:
    """Build the index anew, of another kind or with other settings."""
    holdings = collections.get(argument["collection"])
    return holdings.reindex(argument.get("kind"), argument.get("settings")).to_json()


@function
def collection_tune(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to find the settings of a search that reach a recall; gives a job."""
    steps = collections.get(argument["collection"]).tune(
        argument.get("recall", 0.95),
        argument.get("k", 10),
        argument.get("kinds"),
        argument.get("queries", 200),
        bool(argument.get("dry_run")),
    )
    return begin(steps)


@function
def collection_bench(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to measure kinds of index; gives a job."""
    out = argument.get("out")
    steps = collections.get(argument["collection"]).bench(
        argument.get("kinds"),
        argument.get("k", 10),
        argument.get("queries", 200),
        None if out is None else Path(out),
    )
    return begin(steps)


def begin(steps: Steps[Any]) -> dict[str, Any]:
    """A job for work that is done a step at a time."""
    return {"job": jobs.add(_Job(steps))}


@function
def job_step(argument: dict[str, Any]) -> dict[str, Any]:
    """Do the step that was announced, and announce the next one, or give the report when there is none."""
    steps = jobs.get(argument["job"]).steps
    try:
        return {"step": next(steps).to_json(), "report": None}
    except StopIteration as end:
        return {"step": None, "report": end.value.to_json()}


@function
def job_close(argument: dict[str, Any]) -> dict[str, Any]:
    """Let go of a job, done or not; nothing when that was done."""
    job = jobs.pop(argument["job"])
    if job is not None:
        job.steps.close()
    return {}
