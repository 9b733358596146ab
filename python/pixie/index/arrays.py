"""Named arrays in a folder: a JSON header and one file of 64-byte aligned raw arrays, opened by mmap.

::

    header.json            {"format": 1, "file", "size", "about": {...}, "arrays": {name: {...}}, "crc32"}
    arrays-<random>.bin    the arrays, C order, little endian, each at a multiple of 64 bytes

The header names the file that belongs to it, and replacing the header is the one step that makes a write
count: a reader sees the old index or the new one, whole. The arrays of a replaced header are deleted; whoever
has them mapped keeps them until it lets go.

Damage: the header carries its own CRC32, and every array one. `read` checks the header, the file's size and
the arrays up to `CHECKED_ON_OPEN`, and those it is told to; `verify` checks all, which reads the whole file.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from pixie.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import numpy.typing as npt

    Array = npt.NDArray[Any]

FORMAT = 1
HEADER = "header.json"
ALIGNMENT = 64
"""Bytes; a cache line, and the widest vector register."""

CHECKED_ON_OPEN = 64 << 20
"""Largest array, in bytes, whose CRC32 is checked when it is opened: 1 GB/s makes that 60 ms for each. Larger
arrays would cost what opening by mmap saves."""

_CHUNK_BYTES = 8 << 20


def stamp(folder: Path) -> tuple[int, int] | None:
    """What changes whenever the arrays in `folder` are replaced; None when there are none."""
    try:
        found = (folder / HEADER).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def write(
    folder: str | Path, about: Mapping[str, Any], arrays: Mapping[str, Array | Iterable[Array]]
) -> None:
    """Write arrays and a JSON object about them, in place of what the folder holds.

    Parameters
    ----------
    folder
        Made when missing.
    about
        JSON object, kept in the header.
    arrays
        Each an array, or blocks to be written one after the other as a single array: of one dtype and equal
        but for their first axis.

    Raises
    ------
    CollectionError
        ``disk_full``, or ``read_only`` when the folder can't be written.
    """
    folder = Path(folder)
    name = f"arrays-{secrets.token_hex(8)}.bin"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with (folder / name).open("xb") as file:
                entries = {key: _append(file, value) for key, value in arrays.items()}
                size = file.tell()
                _flush(file)
            header = {"format": FORMAT, "file": name, "size": size, "about": dict(about), "arrays": entries}
            _replace_header(folder, {**header, "crc32": _header_crc(header)})
        except BaseException:
            (folder / name).unlink(missing_ok=True)
            raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise CollectionError(
            f"the index could not be written to {folder}: {error.strerror or error}",
            fix="free some disk space" if full else "check that the folder may be written to",
            item=str(folder),
            code="disk_full" if full else "read_only",
        ) from error
    for old in folder.glob("arrays-*.bin"):
        if old.name != name:
            with contextlib.suppress(OSError):
                old.unlink()


def read(folder: str | Path, checked: Collection[str] = ()) -> tuple[dict[str, Any], dict[str, Array]]:
    """The object and the arrays that `write` wrote; the arrays read-only and mapped, not read.

    Parameters
    ----------
    folder
        What `write` wrote.
    checked
        Arrays to check whatever their size: those that code will read which trusts them.

    Raises
    ------
    CollectionError
        ``missing``, ``newer_format`` or ``damaged``.
    """
    return _read(Path(folder), CHECKED_ON_OPEN, checked)


def verify(folder: str | Path) -> None:
    """Check every byte; raises as `read` does."""
    _read(Path(folder), None, ())


def damaged(folder: str | Path, why: str) -> CollectionError:
    """The error for an index that can't be trusted."""
    return CollectionError(
        f"the index in {folder} is damaged: {why}",
        fix="delete that folder; the index is made again from the vectors",
        item=str(folder),
        code="damaged",
    )


def _read(
    folder: Path, limit: int | None, checked: Collection[str]
) -> tuple[dict[str, Any], dict[str, Array]]:
    header = _header(folder)
    try:
        path = folder / Path(header["file"]).name
        size = path.stat().st_size
        if size != header["size"]:
            raise damaged(folder, f"{path.name} has {size} bytes instead of {header['size']}")
        found = {key: _map(path, entry) for key, entry in header["arrays"].items()}
    except FileNotFoundError as error:
        raise damaged(folder, f"{header['file']} is missing") from error
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise damaged(folder, f"its header does not fit its arrays ({error})") from error
    for key, array in found.items():
        wanted = limit is None or array.nbytes <= limit or key in checked
        if wanted and _crc(array) != header["arrays"][key]["crc32"]:
            raise damaged(folder, f"the checksum of {key} is wrong")
    return header["about"], found


def _header(folder: Path) -> dict[str, Any]:
    try:
        header = json.loads((folder / HEADER).read_bytes())
        stored = header.pop("crc32")
        version = header["format"]
    except FileNotFoundError as error:
        raise CollectionError(f"there is no index in {folder}", item=str(folder), code="missing") from error
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise damaged(folder, f"{HEADER} can't be read ({error})") from error
    if stored != _header_crc(header):
        raise damaged(folder, f"the checksum of {HEADER} is wrong")
    if version != FORMAT:
        raise CollectionError(
            f"the index in {folder} has format {version}, this Pixie reads {FORMAT}",
            fix="use a newer Pixie, or delete that folder to have the index made again",
            item=str(folder),
            code="newer_format",
        )
    return dict(header)


def _header_crc(header: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(header, sort_keys=True).encode())


def _map(path: Path, entry: Mapping[str, Any]) -> Array:
    dtype, shape, offset = np.dtype(entry["dtype"]), tuple(entry["shape"]), entry["offset"]
    if dtype.hasobject or 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, "r", offset, shape)


def _append(file: BinaryIO, value: Array | Iterable[Array]) -> dict[str, Any]:
    file.write(bytes(-file.tell() % ALIGNMENT))
    offset, crc, length = file.tell(), 0, 0
    block = None
    for block in [value] if isinstance(value, np.ndarray) else value:
        for part in _parts(block):
            file.write(part)
            crc = zlib.crc32(part, crc)
        length += len(block)
    if block is None:
        raise ValueError("an array needs at least one block")
    dtype = block.dtype.newbyteorder("<").str
    return {"dtype": dtype, "shape": [length, *block.shape[1:]], "offset": offset, "crc32": crc}


def _crc(array: Array) -> int:
    crc = 0
    for part in _parts(array):
        crc = zlib.crc32(part, crc)
    return crc


def _parts(array: Array) -> Iterable[memoryview]:
    """The little-endian bytes of `array`, some megabytes at a time."""
    rows = max(1, _CHUNK_BYTES // max(1, array.nbytes // max(1, len(array))))
    for start in range(0, len(array), rows):
        part = np.ascontiguousarray(array[start : start + rows])
        part = part.astype(part.dtype.newbyteorder("<"), copy=False)
        yield part.reshape(-1).view(np.uint8).data


def _replace_header(folder: Path, header: Mapping[str, Any]) -> None:
    temporary = folder / f"{HEADER}-{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            file.write(json.dumps(header, indent=1).encode())
            _flush(file)
        temporary.replace(folder / HEADER)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # A rename lasts only once the folder itself is on disk.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
