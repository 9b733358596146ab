"""The encoded bytes of a picture, read once: what is hashed is what is decoded."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field

from pixie.errors import ImageError

MAX_FILE_BYTES = 1 << 29
"""Longest file read, 512 MiB: a decode lane holds a whole file in memory."""


@dataclass(frozen=True)
class PictureFile:
    """A picture as it is stored.

    Attributes
    ----------
    data
        The file's bytes.
    sha256
        SHA-256 of `data`, 64 hexadecimal digits.
    size
        Length of `data` in bytes.
    mtime_ns
        When the file was last changed, in nanoseconds since 1970; None for bytes that came from no file.
    name
        What messages call it: the path, or None.
    """

    data: bytes | memoryview = field(repr=False)
    sha256: str
    size: int
    mtime_ns: int | None
    name: str | None

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> PictureFile:
        """A picture of bytes in memory.

        Raises
        ------
        ImageError
            ``empty``, or ``too_large`` above `MAX_FILE_BYTES`.
        """
        view = memoryview(data).cast("B")
        _check_size(view.nbytes, None)
        return cls(view, sha256(view), view.nbytes, None, None)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> PictureFile:
        """Read a picture's file.

        Only regular files are read: a pipe or a device would block or never end.

        Raises
        ------
        ImageError
            ``missing``, ``unreadable`` (no permission, a folder, a pipe, a device, an input/output error),
            ``empty`` or ``too_large``.
        """
        name = os.fspath(path)
        # Without O_NONBLOCK, opening a pipe would wait for its writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(name, flags), "rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                _check_kind(status.st_mode, name)
                _check_size(status.st_size, name)
                data = _read_all(file.fileno(), status.st_size)
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            # ValueError: a NUL or half a surrogate pair, which no file's name holds.
            raise ImageError(f"there is no file {name!r}", item=str(name), code="missing") from error
        except OSError as error:
            # Opening a socket fails with ENXIO before its kind can be seen.
            why = "it is not a regular file" if error.errno == errno.ENXIO else error.strerror
            raise ImageError(f"{name} can't be read: {why}", item=str(name), code="unreadable") from error
        _check_size(len(data), name)
        return cls(data, sha256(data), len(data), status.st_mtime_ns, str(name))


def sha256(data: bytes | memoryview) -> str:
    """SHA-256, 64 hexadecimal digits; about 1.5 GB/s where the processor helps."""
    return hashlib.sha256(data).hexdigest()


def _read_all(descriptor: int, size: int) -> bytes:
    """`size` bytes, or fewer when the file has shrunk since; what was appended since is left out."""
    parts = []
    while size > 0 and (part := os.read(descriptor, min(size, 1 << 26))):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _check_kind(mode: int, name: str) -> None:
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise ImageError(f"{name} can't be read: it is {kind}", item=name, code="unreadable")


def _check_size(size: int, name: str | None) -> None:
    if size == 0:
        raise ImageError(f"{name or 'the picture'} is empty", item=name, code="empty")
    if size > MAX_FILE_BYTES:
        raise ImageError(
            f"{name or 'the picture'} is {size >> 20} MiB long, and Pixie reads pictures up to "
            f"{MAX_FILE_BYTES >> 20} MiB",
            item=name,
            code="too_large",
        )
