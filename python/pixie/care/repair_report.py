"""What a repair did, and what it left."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixie.care.findings import Finding


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that was done, or with a dry run would be: its code, what it is, its item and row if any."""

    code: str
    message: str
    item: str | None = None
    row: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The action's JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What `pixie.repair` did.

    Attributes
    ----------
    path
        The collection's folder.
    dry_run
        Whether nothing was changed.
    actions
        What was done, or would be.
    copies
        The folder below `path` with what was replaced or taken away; None when nothing was.
    left
        What is still wrong; with a dry run, what is wrong.
    seconds
        How long it took.
    """

    path: str
    dry_run: bool
    actions: tuple[Action, ...]
    copies: str | None
    left: tuple[Finding, ...]
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong any more."""
        return not self.left

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return {
            "path": self.path,
            "dry_run": self.dry_run,
            "sound": self.sound,
            "actions": [action.to_json() for action in self.actions],
            "copies": self.copies,
            "left": [finding.to_json() for finding in self.left],
            "seconds": self.seconds,
        }
