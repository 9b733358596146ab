"""The lock that makes a collection's writer the only one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
from typing import TYPE_CHECKING

from pixie.clock import now
from pixie.disk import disk_errors
from pixie.errors import CollectionError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "writer.lock"


class WriterLock:
    """An exclusive lock on a collection's folder, held until `release` or the end of the process.

    It is a ``flock``: it belongs to the open file, so a second writer in the same process is refused too, and
    the kernel drops it however the process ends. The file names its owner and stays; only the lock on it
    counts.

    Raises
    ------
    CollectionError
        ``locked`` when another writer has it, naming its process, its machine and since when; ``read_only``
        when the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE_NAME
        with disk_errors(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._descriptor, 512, 0).decode("utf-8", "replace")
            os.close(self._descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise _locked(folder, owner) from None
            with disk_errors(path):
                raise
        # The owner's name is for people; on a full disk the lock is as good without it.
        with contextlib.suppress(OSError):
            owner = f"{os.getpid()} {now()} {platform.node()}\n"
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, owner.encode("utf-8", "replace"), 0)

    def release(self) -> None:
        """Let the next writer in. Does nothing the second time."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _locked(folder: Path, owner: str) -> CollectionError:
    number, since, host = [*owner.split(), "", "", ""][:3]
    if number == str(os.getpid()) and host in ("", platform.node()):
        holder, wait = "is already open for writing in this process", "use the one that is open"
    else:
        holder = f"is being written by process {number}" if number else "is being written by another process"
        holder += f" on {host}" if host else ""
        holder += f" since {since}" if since else ""
        wait = "wait until it is done"
    return CollectionError(
        f"the collection {folder} {holder}", fix=f"{wait}, or open the collection read-only", code="locked"
    )
