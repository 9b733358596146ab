"""The time as Pixie writes it down."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> str:
    """The time in UTC to the second, in ISO 8601: ``2026-05-04T03:02:01Z``."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
