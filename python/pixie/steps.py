"""Long work a step at a time, so that whoever waits for it can see how far it is, and stop it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is about to be done: what it is, how many were done before, and of how many."""

    name: str
    done: int
    total: int

    def to_json(self) -> dict[str, Any]:
        """The step's JSON object."""
        return asdict(self)


Steps = Generator[Step, None, T]
"""Work that yields each step before it does it, and returns what came of all of them."""


def done(steps: Steps[T], progress: Callable[[Step], None] | None = None) -> T:
    """Do all steps, telling `progress` of each, and return what came of them."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if progress is not None:
            progress(step)
