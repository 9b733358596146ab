"""Functions that Java calls to make all vectors of a collection anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie.calls.embedding import embedders, imports
from pixie.calls.table import Handles, check_array, function
from pixie.records import Record
from pixie.reports import Failure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.reembedding.renewal import Renewal

renewals: Handles[Renewal] = Handles("reembedding")


@function
def reembed_begin(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin, or go on, with vectors of an embedder's model; `import_take` hands out what is to be done."""
    from pixie.opening import model_of
    from pixie.reembedding.renewal import Renewal

    model = model_of(embedders.get(argument["embedder"]))
    renewal = Renewal(Path(os.path.abspath(argument["path"])), model)
    return {
        "reembed": renewals.add(renewal),
        "import": imports.add(renewal),
        "total": renewal.total,
        "copied": renewal.copied,
        "frames": renewal.frames,
        "before": renewal.before.to_json(),
        "model": model.to_json(),
    }


@function
def reembed_commit(
    argument: dict[str, Any], vectors: npt.NDArray[np.float32] | None = None
) -> dict[str, Any]:
    """One durable commit of items' vectors, float32 (m, d), beside the collection's own."""
    renewal = renewals.get(argument["reembed"])
    if vectors is not None:
        check_array(vectors, "float32", (0, renewal.model.dimension), "vectors")
    records = [Record.from_json(found) for found in argument.get("items", ())]
    added, updated = renewal.commit(records, vectors)
    return {"added": added, "updated": updated, "moved": 0, "copied": 0}


@function
def reembed_turn(argument: dict[str, Any]) -> dict[str, Any]:
    """Whether there is a second turn, once all of the first is committed."""
    renewal = renewals.get(argument["reembed"])
    return {"again": renewal.turn(), "copied": renewal.copied}


@function
def reembed_finish(argument: dict[str, Any]) -> dict[str, Any]:
    """Swap the new vectors in, unless some are lacking that are not to be skipped."""
    failures = [Failure.from_json(found) for found in argument["failures"]]
    return renewals.get(argument["reembed"]).finish(failures, bool(argument.get("skip_failed"))).to_json()


@function
def reembed_close(argument: dict[str, Any]) -> dict[str, Any]:
    """Let go of it, done or not; nothing when that was done."""
    renewal = renewals.pop(argument["reembed"])
    imports.pop(argument["import"])
    if renewal is not None:
        renewal.close()
    return {}
