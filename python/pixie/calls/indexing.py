"""Functions that Java calls to index folders: a plan, its files in parts, and what is left at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.calls.collections import collections
from pixie.calls.table import Handles, function

if TYPE_CHECKING:
    from pixie.holdings import Holdings
    from pixie.plan import Plan


@dataclass(frozen=True, slots=True)
class _Planned:
    """A plan, and the collection it is for."""

    holdings: Holdings
    plan: Plan


plans: Handles[_Planned] = Handles("plan")


@function
def index_plan(argument: dict[str, Any]) -> dict[str, Any]:
    """Compare folders with a collection; gives a plan whose files `index_take` hands out."""
    from pixie.plan import PlanOptions

    holdings = collections.get(argument["collection"])
    options = PlanOptions(
        bool(argument.get("retry_failed")),
        tuple(argument.get("include") or ()),
        tuple(argument.get("exclude") or ()),
        tuple(argument.get("only") or ()),
        bool(argument.get("may_be_gone")),
    )
    plan = holdings.plan(argument["paths"], options)
    return {"plan": plans.add(_Planned(holdings, plan)), **plan.to_json()}


@function
def index_take(argument: dict[str, Any]) -> dict[str, Any]:
    """The next files of a plan, at most ``max``; none when it is done."""
    return {"files": [task.to_json() for task in plans.get(argument["plan"]).plan.take(argument["max"])]}


@function
def index_again(argument: dict[str, Any]) -> dict[str, Any]:
    """Have `index_take` hand out the files that waited for equal ones; none when all files are done."""
    return {"todo": plans.get(argument["plan"]).plan.again()}


@function
def index_settle(argument: dict[str, Any]) -> dict[str, Any]:
    """Remove or mark the items whose files are gone, once all files of a plan were committed."""
    planned = plans.get(argument["plan"])
    found = planned.holdings.settle(planned.plan)
    return {"removed": found.removed, "missing": found.missing}


@function
def index_close(argument: dict[str, Any]) -> dict[str, Any]:
    """Let go of a plan; nothing when that was done."""
    plans.pop(argument["plan"])
    return {}


@function
def collection_prune(argument: dict[str, Any]) -> dict[str, Any]:
    """Remove the items that are missing."""
    holdings = collections.get(argument["collection"])
    return holdings.prune(argument.get("older_than"), bool(argument.get("dry_run"))).to_json()
