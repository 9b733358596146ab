"""Writing so that a power cut leaves either the old or the new, and naming what the disk refused."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import tempfile
from typing import TYPE_CHECKING

from pixie.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# EFBIG is what a limit on the size of files gives (ulimit -f), EDQUOT a used-up quota.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

_LARGEST_PAGE = 1 << 16
"""Bytes that SQLite writes at once, at most."""

_PROBE = 1 << 20
"""Bytes without which a disk is full."""


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` about `path` into the `CollectionError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error


def disk_error(error: OSError, path: Path) -> CollectionError:
    """The `CollectionError` for an `OSError` about `path`."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return disk_full(path, reason)
    if error.errno in _READ_ONLY:
        return CollectionError(
            f"{path} can't be written: {reason}",
            fix="open the collection read-only, or make its folder writable",
            code="read_only",
        )
    return CollectionError(f"{path} can't be used: {reason}", fix="check the disk it is on", code="damaged")


def disk_full(path: Path, reason: str) -> CollectionError:
    """The error for a write that found no room."""
    return CollectionError(
        f"no room to write {path}: {reason}; what was committed before is safe",
        fix="free some space and run the same command again",
        code="disk_full",
    )


def lack_of_room(*files: Path) -> str | None:
    """Why one of some files, which lie in one folder, can't grow; None when all of them can.

    Asked once a write has failed without saying why.
    """
    largest, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    for file in files if largest != resource.RLIM_INFINITY else ():
        with contextlib.suppress(FileNotFoundError):
            # What was written of it reaches up to the limit.
            if file.stat().st_size + _LARGEST_PAGE > largest:
                return f"{file.name} has reached the limit on the size of files"
    try:
        with tempfile.TemporaryFile(dir=files[0].parent) as probe:
            probe.write(bytes(_PROBE))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.strerror if error.errno in _FULL else None
    return None


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`; a reader, or a start after a power cut, finds the old or the new."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with disk_errors(path):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def folder_size(folder: Path) -> int:
    """Bytes that all files below `folder` take; 0 where there is none."""
    total = 0
    for path in folder.rglob("*"):
        # It may be replaced or removed while this looks.
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
