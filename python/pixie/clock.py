"""The time as Pixie writes it down."""

from __future__ import annotations

from datetime import datetime, timezone


def now(timespec: str = "seconds") -> str:
    """The time in UTC, in ISO 8601, to the second unless told: ``2026-05-04T03:02:01Z``."""
    return as_text(datetime.now(timezone.utc), timespec)


def as_text(moment: datetime, timespec: str = "seconds") -> str:
    """A time in UTC as `now` writes it, so that texts compare as the times do."""
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
