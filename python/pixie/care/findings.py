"""What is found wrong with a collection, and the report of all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

REPAIR = "run: pixie repair"
BACKUP = "restore a backup"

MOST_OF_A_CODE = 100
"""Findings of a code that are kept one by one: a file of zeros has a million of one sort."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    code
        What sort of thing; ``docs/cli.md`` lists them.
    message
        What is wrong.
    fix
        What to do about it.
    item
        The id of the item it is about, or None.
    row
        The row of ``vectors.f32`` it is about, or None.
    """

    code: str
    message: str
    fix: str
    item: str | None = None
    row: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding's JSON object."""
        return asdict(self)


class Findings:
    """Findings as they are made; of each code the first `MOST_OF_A_CODE`, and the number of all."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def add(
        self, code: str, message: str, fix: str = REPAIR, *, item: str | None = None, row: int | None = None
    ) -> None:
        """Note one."""
        self.counts[code] += 1
        if self.counts[code] <= MOST_OF_A_CODE:
            self.kept.append(Finding(code, message, fix, item, row))

    def any_of(self, *codes: str) -> bool:
        """Whether there is one of these codes."""
        return any(self.counts[code] for code in codes)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `pixie.verify` found.

    Attributes
    ----------
    path
        The collection's folder.
    items, rows
        How many items, and committed rows of vectors, there are; None where that can't be read.
    searched
        How many vectors were searched for.
    findings
        What is wrong, of each code at most `MOST_OF_A_CODE`.
    counts
        How many findings there are of each code.
    seconds
        How long it took.
    """

    path: str
    items: int | None
    rows: int | None
    searched: int
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object."""
        return {
            "path": self.path,
            "sound": self.sound,
            "items": self.items,
            "rows": self.rows,
            "searched": self.searched,
            "findings": [finding.to_json() for finding in self.findings],
            "counts": dict(self.counts),
            "seconds": self.seconds,
        }
