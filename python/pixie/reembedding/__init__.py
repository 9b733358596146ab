"""Making all vectors of a collection anew with another model, beside those that keep answering."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pixie.home import collection_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pixie.collection import Collection
    from pixie.embedder import Embedder
    from pixie.reembedding.renewal import Renewal
    from pixie.reembedding.report import ReembedReport
    from pixie.reports import Progress

BATCH_SIZE = 64
"""Items of one commit."""


def reembed(
    collection: str | os.PathLike[str] | None,
    model: str | os.PathLike[str],
    *,
    device: str = "auto",
    dtype: str = "auto",
    skip_failed: bool = False,
    progress: Callable[[Progress], None] | None = None,
    batch_size: int = BATCH_SIZE,
) -> ReembedReport:
    """Make all vectors of a collection anew with another model.

    They are made beside the old ones, from the pictures' files and the texts, and take their place at once
    when all are there; whoever has the collection open for reading is answered from the old ones until then,
    and goes on with the new ones. Ids, texts, metadata and all else that is known of the items stay.

    A run that was interrupted, or refused, leaves what it did to the next one of the same model. Running it
    with the model that the collection has already takes such work away.

    Parameters
    ----------
    collection
        A name or path, as `pixie.open` takes it. Nobody else may be writing it.
    model
        A Hugging Face repository id, a checkpoint's folder or ``demo``.
    device, dtype
        Where and in what precision the model runs; see `Embedder.load`.
    skip_failed
        Whether items whose pictures can't be read now are to be left behind. Otherwise the collection stays
        with its old model, and the report names them. With it, an item keeps the vectors that could be made;
        one without any leaves the collection. Each is then among the `Collection.failures`, and all that was
        known of it is in the file that the report names, which `Collection.import_table` reads back.
    progress
        Called after each commit.
    batch_size
        Items of one commit, 1 or more.

    Raises
    ------
    ModelError
        The model can't be found.
    CollectionError
        ``missing``, ``locked``, ``damaged``, ``newer_format``, ``read_only`` or ``disk_full``; the collection
        is then as it was, and what was committed is there for the next run.

    Examples
    --------
    >>> report = pixie.reembed("photos", "openai/clip-vit-base-patch32")  # doctest: +SKIP
    >>> report.swapped, report.embedded, report.failures
    (True, 342, ())
    """
    from pixie.embedder import Embedder
    from pixie.intake import Intake
    from pixie.opening import model_of
    from pixie.reembedding.renewal import Renewal
    from pixie.reembedding.report import ReembedReport

    began = time.perf_counter()
    embedder = Embedder.load(str(model), device=device, dtype=dtype)
    with closing(Renewal(collection_folder(collection), model_of(embedder))) as renewal:
        # Of a collection, taking rows in asks for no more than these.
        target = cast("Collection", _Target(embedder, renewal, renewal.frames))
        intake = Intake(target, batch_size=batch_size, progress=progress)
        taken = intake.take_rows(renewal)
        while renewal.turn():
            taken = intake.take_rows(renewal)
        outcome = renewal.finish(taken.failures, skip_failed)
        return ReembedReport(
            path=str(renewal.folder),
            before=renewal.before,
            model=renewal.model,
            items=renewal.total,
            embedded=taken.updated,
            copied=renewal.copied,
            done_before=taken.unchanged,
            failures=taken.failures,
            warnings=taken.warnings,
            swapped=outcome.swapped,
            left_out=outcome.left_out,
            seconds=time.perf_counter() - began,
        )


@dataclass(frozen=True, slots=True)
class _Target:
    """Where vectors go, and what makes them."""

    embedder: Embedder
    holdings: Renewal
    frames: int
