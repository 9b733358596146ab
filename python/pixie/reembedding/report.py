"""What making all vectors anew came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixie.manifest import Model
    from pixie.reports import Failure, Warning  # noqa: A004


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    swapped
        Whether the collection has the new model now.
    left_out
        The file with all that was known of the items that were left behind; None when there are none.
    """

    swapped: bool
    left_out: str | None

    def to_json(self) -> dict[str, Any]:
        """The outcome's JSON object."""
        return {"swapped": self.swapped, "left_out": self.left_out}


@dataclass(frozen=True, slots=True)
class ReembedReport:
    """What making all vectors anew came to.

    Attributes
    ----------
    path
        The collection's folder.
    before, model
        The model the collection had, and the one that was asked for.
    items
        Items there are: the sum of the next two and of those that lack a vector.
    embedded, done_before
        Items whose vectors were finished by this run, and by one before.
    copied
        Pictures of this run that had the content of another one and were given a copy of its vector: equal
        pictures go through the model once.
    failures
        Items of which not all vectors could be made. Unless they were to be skipped, nothing was swapped.
    swapped
        Whether the collection has the new model now; false also when it had it before.
    left_out
        The file with all that was known of the failures, when they were skipped; None otherwise.
    seconds
        Time it took.
    """

    path: str
    before: Model
    model: Model
    items: int
    embedded: int
    copied: int
    done_before: int
    failures: tuple[Failure, ...]
    warnings: tuple[Warning, ...]
    swapped: bool
    left_out: str | None
    seconds: float

    @property
    def needed(self) -> bool:
        """Whether the model is another than the collection had."""
        return self.before.fingerprint != self.model.fingerprint

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return {
            "path": self.path,
            "before": self.before.to_json(),
            "model": self.model.to_json(),
            "items": self.items,
            "embedded": self.embedded,
            "copied": self.copied,
            "done_before": self.done_before,
            "failures": [failure.to_json() for failure in self.failures],
            "warnings": [warning.to_json() for warning in self.warnings],
            "swapped": self.swapped,
            "left_out": self.left_out,
            "elapsed_seconds": self.seconds,
            "interrupted": False,
        }
