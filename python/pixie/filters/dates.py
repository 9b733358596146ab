"""Dates in filters: a year, a month, a day or a minute is all the time from its beginning to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pixie.errors import InvalidInputError

_WRITTEN = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (all times here are of one clock)

_INT64 = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from ``start`` to before ``end``, without a zone; ``end`` is None for no end."""

    start: datetime
    end: datetime | None

    @classmethod
    def of(cls, value: object, name: str, local: bool) -> Span:
        """What a date means.

        Parameters
        ----------
        value
            ISO 8601, as far as it is known: ``2020``, ``2020-05``, ``2020-05-13``, ``2020-05-13T13:21:58``.
        name
            What it is compared with.
        local
            Whether that is by a clock without a zone. Otherwise it is in UTC, as are dates without a zone.

        Raises
        ------
        InvalidInputError
            It is no date, or has a zone where there is none.
        """
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise _no_date(value, name)
        if local and found[8]:
            raise InvalidInputError(
                f"a filter compares {name} with {value}; it is by the camera's clock, which has no zone",
                fix="give the date without Z or an offset",
                item="where",
            )
        year, month, day, hour, minute, second = (
            None if part is None else int(part) for part in found.groups()[:6]
        )
        try:
            start = datetime(  # noqa: DTZ001
                year or 0,
                month or 1,
                day or 1,
                hour or 0,
                minute or 0,
                second or 0,
                int((found[7] or "").ljust(6, "0")),
            )
            end = _end(start, found)
            if found[8]:
                moved = _offset(found[8])
                start, end = start - moved, end and end - moved
        except ValueError as error:
            raise _no_date(value, name) from error
        except OverflowError as error:
            raise _no_date(value, name) from error
        return cls(start, end)

    def texts(self) -> tuple[str, str | None]:
        """Both as ISO 8601, to be compared with dates that may go on with a fraction and a Z."""
        return _text(self.start), None if self.end is None else _text(self.end)

    def nanoseconds(self) -> tuple[int, int | None]:
        """Both as nanoseconds since 1970, within 64 bits."""
        return _nanoseconds(self.start), None if self.end is None else _nanoseconds(self.end)


def _end(start: datetime, found: re.Match[str]) -> datetime | None:
    _, month, day, hour, _, second, fraction, _ = found.groups()
    try:
        if month is None:
            return start.replace(year=start.year + 1)
        if day is None:
            return (start + timedelta(days=31)).replace(day=1)
        if hour is None:
            return start + timedelta(days=1)
        if second is None:
            return start + timedelta(minutes=1)
        return start + (timedelta(seconds=1) if fraction is None else timedelta(microseconds=1))
    except (ValueError, OverflowError):
        # Behind the year 9999 there is nothing to compare with.
        return None


def _offset(written: str) -> timedelta:
    found = datetime.strptime(written, "%z").tzinfo
    assert found is not None
    return found.utcoffset(datetime.now(timezone.utc)) or timedelta(0)


def _text(time: datetime) -> str:
    text = time.isoformat()
    return text.rstrip("0") if time.microsecond else text


def _nanoseconds(time: datetime) -> int:
    found = (time - _EPOCH) // timedelta(microseconds=1) * 1000
    return max(-_INT64 - 1, min(_INT64, found))


def _no_date(value: object, name: str) -> InvalidInputError:
    return InvalidInputError(
        f"a filter compares {name} with {str(value)[:40]!r}, which is no date",
        fix="write 2020, 2020-05, 2020-05-13 or 2020-05-13T13:21:58",
        item="where",
    )
