"""Equal files that are new in one run: one of them is embedded, and the others get copies of its vector."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from pixie.same_content import twin_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from pixie.plan import Task
    from pixie.same_content import Twin
    from pixie.store import Store

# Rounds in which files wait for others. A second one is the rule; more are needed only where files that were
# read failed all the same, and then it is no use to wait for each of them.
_ROUNDS = 3


class LaterError(Exception):
    """A file waits for the vector of an equal one, which is on its way."""


class EqualFiles:
    """Which of equal files goes ahead, and which wait. Thread-safe.

    Those that wait are handed out again when all others are committed or have failed. Then they find the
    vector of the one that went ahead, or, where that failed, another of them goes.

    Only files of a size that several have are remembered.

    Parameters
    ----------
    store
        Where the files go.
    tasks
        All files of the run.
    """

    def __init__(self, store: Store, tasks: Collection[Task]) -> None:
        sizes = Counter(task.size for task in tasks)
        self._store = store
        self._tasks = {task.id: task for task in tasks if sizes[task.size] > 1}
        self._ahead: dict[str, tuple[str, int]] = {}
        self._waiting: list[Task] = []
        self._round = 1
        self._guard = threading.Lock()

    def twin(self, identifier: str, sha256: str) -> Twin | None:
        """The vector of an equal file that was taken in; None where the file with this id is to go ahead.

        Raises
        ------
        LaterError
            It is to wait, and will be handed out again.
        """
        task = self._tasks.get(identifier)
        if task is None:
            return None
        with self._guard:
            ahead, since = self._ahead.get(sha256, (identifier, 0))
            if ahead != identifier:
                twin = twin_of(self._store, sha256)
                if twin is not None:
                    return twin
                if since == self._round < _ROUNDS:
                    self._waiting.append(task)
                    raise LaterError
            self._ahead[sha256] = (identifier, self._round)
            return None

    def give_up(self, identifier: str, sha256: str) -> None:
        """Let an equal file go ahead in place of the one with this id, which can't be read."""
        with self._guard:
            if self._ahead.get(sha256, ("", 0))[0] == identifier:
                del self._ahead[sha256]

    def next_round(self) -> list[Task]:
        """The files that waited, once all others are committed or have failed."""
        with self._guard:
            waited, self._waiting = self._waiting, []
            self._round += 1
            return waited
