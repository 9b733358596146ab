"""Work on an index's structure that searches and writers do not wait for."""

from __future__ import annotations

import logging
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger("pixie")

DELAY_SECONDS = 0.5
"""Time until the thread begins: a process that asks one question ends before, and is not slowed down."""


class Upkeep:
    """One thread at most, which works until nothing is left to do, and then ends.

    Parameters
    ----------
    step
        A method that does one thing that is due; False when nothing is. Called on that thread alone. Its
        object, which has this one, is not kept: an index that nobody uses gives its memory back at once.
    """

    def __init__(self, step: Callable[[], bool]) -> None:
        self._step = weakref.WeakMethod(step)
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked = False
        self._now = threading.Event()

    def start(self) -> None:
        """See to it that what is due now gets done; never raises."""
        with self._guard:
            self._asked = True
            if self._thread is not None and self._thread.is_alive():
                return
            self._now.clear()
            # A daemon: what it makes can be made again, so no process need wait for it to end.
            thread = threading.Thread(target=self._run, name="pixie-index-upkeep", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                # No more threads, or the process is ending: what comes next asks again.
                _LOG.warning("the index is not brought into order now: %s", error)
                return
            self._thread = thread

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is due, at most `timeout` seconds; whether that is so."""
        with self._guard:
            thread = self._thread
            self._now.set()
        if thread is not None:
            thread.join(timeout)
            return not thread.is_alive()
        return True

    def _run(self) -> None:
        self._now.wait(DELAY_SECONDS)
        while True:
            with self._guard:
                if not self._asked:
                    self._thread = None
                    return
                self._asked = False
            try:
                step = self._step()
                while step is not None and step():
                    pass
                del step
            except Exception:  # noqa: BLE001 (searches go on with what there is; what comes next asks again)
                _LOG.exception("the index could not be brought into order in the background")
