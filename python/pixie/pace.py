"""How fast a run goes, and how long it will take."""

from __future__ import annotations

_HALF_LIFE_SECONDS = 10.0


class Pace:
    """Items per second, smoothed so that a time left can be read off it.

    An average whose memory fades by half every ten seconds. The first items only start the clock, because
    what comes before them is the loading of the model. Not thread-safe.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._items = 0.0
        self._seconds = 0.0

    def advance(self, now: float, count: int) -> None:
        """Count items that were done at the time `now`, in seconds by any clock that goes forward."""
        if self._since is not None:
            elapsed = now - self._since
            kept = 0.5 ** (elapsed / _HALF_LIFE_SECONDS)
            self._items = self._items * kept + count
            self._seconds = self._seconds * kept + elapsed
        self._since = now

    @property
    def per_second(self) -> float:
        """0 until there is something to go by."""
        return self._items / self._seconds if self._seconds > 0 else 0.0

    def time_for(self, count: int) -> float | None:
        """Seconds that `count` items will take; None until there is a rate."""
        rate = self.per_second
        return count / rate if rate > 0 else None
