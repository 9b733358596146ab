"""The time as Pixie writes it down."""

from __future__ import annotations

from datetime import datetime, timezone


def now(timespec: str = "seconds") -> str:
    """The time in UTC, in ISO 8601, to the second unless told: ``2026-05-04T03:02:01Z``."""
    return datetime.now(timezone.utc).isoformat(timespec=timespec).replace("+00:00", "Z")
