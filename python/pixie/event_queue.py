"""Whether the kernel's queue of changes may have overflowed, which watchfiles does not tell."""

from __future__ import annotations

from pathlib import Path

# What notify calls its thread that empties the queue, as far as the kernel keeps names.
_READER = "notify-rs inoti"

# Less than it takes that thread to read an event and to note its path; 1300 were measured.
_LEAST_NANOSECONDS = 100


class EventQueue:
    """Tells an overflow by the work it leaves behind.

    A queue that has overflowed is full, and all of it is read before anything that comes later. So whoever
    reads it has had the processor for as long as that takes at least; a saved file takes a fiftieth of it.

    Attributes
    ----------
    is_known
        Whether this can be told here: on Linux, once something is watched.
    """

    def __init__(self) -> None:
        tasks = Path("/proc/self/task").glob("*")
        self._readers = [task / "schedstat" for task in tasks if _first_line(task / "comm") == _READER]
        self._spent = self._nanoseconds()
        length = _number(Path("/proc/sys/fs/inotify/max_queued_events"))
        self.is_known = self._spent is not None and length is not None
        self._least = (length or 0) * _LEAST_NANOSECONDS

    def may_have_overflowed(self) -> bool:
        """Whether it may have since this was asked last; True where it can't be told."""
        before, self._spent = self._spent, self._nanoseconds()
        if before is None or self._spent is None:
            return True
        return self._spent - before >= self._least

    def _nanoseconds(self) -> int | None:
        """How long its readers have had the processor; None where that is not known."""
        spent = [_number(reader) for reader in self._readers]
        known = [nanoseconds for nanoseconds in spent if nanoseconds is not None]
        return sum(known) if known and len(known) == len(spent) else None


def _number(file: Path) -> int | None:
    found = _first_line(file).split()
    return int(found[0]) if found else None


def _first_line(file: Path) -> str:
    try:
        return file.read_text("ascii", "replace").partition("\n")[0]
    except OSError:  # no Linux, or a thread that has just ended
        return ""
