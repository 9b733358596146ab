"""What every kind that is built on faiss asks of the library: to be there, its threads, its bytes."""

from __future__ import annotations

import atexit
import contextlib
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import PixieError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from pixie.index.rows import Mask

ALONE_BELOW = 5000
"""Rows that one thread puts in alone. The threads of OpenMP meet after every small step and spin there: where
other threads keep the cores busy, several take ten times as long as one."""

_CLOSING = threading.Event()
_WORKING: set[threading.Thread] = set()


def faiss() -> Any:
    """The library.

    Raises
    ------
    PixieError
        It is not installed, or does not run here.
    """
    try:
        import faiss as library
    except (ImportError, OSError) as error:
        raise PixieError(
            f"the index kinds hnsw and pq need the library faiss, which can't be loaded: {error}",
            fix="install faiss-cpu where Pixie's Python is, or use the kind lsh, which does without",
            item="faiss",
        ) from error
    return library


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Searches within run on the calling thread alone: whoever searches has threads of their own for it.

    OpenMP keeps this number for each thread apart, and faiss brings an OpenMP of its own, so neither other
    threads nor torch notice.
    """
    library = faiss()
    before = library.omp_get_max_threads()
    library.omp_set_num_threads(1)
    try:
        yield
    finally:
        library.omp_set_num_threads(before)


def building(rows: int) -> contextlib.AbstractContextManager[None]:
    """Rows within are put in by all cores, or by one where they are few: see `ALONE_BELOW`."""
    return one_thread() if rows < ALONE_BELOW else contextlib.nullcontext()


@contextlib.contextmanager
def in_background() -> Iterator[None]:
    """The process ends only between two steps of what is within; each begins with `step`.

    Python ends a daemon thread where it next takes the interpreter lock, by unwinding its stack. That holds
    frames of C++ that may not be unwound so, and OpenMP may be gone already.
    """
    thread = threading.current_thread()
    _WORKING.add(thread)
    try:
        step()
        yield
    finally:
        _WORKING.discard(thread)


def step() -> None:
    """Raise SystemExit where the process is about to end."""
    if _CLOSING.is_set():
        raise SystemExit


@atexit.register
def _close() -> None:
    _CLOSING.set()
    for thread in tuple(_WORKING):
        thread.join()


def selector(usable: Mask) -> Any:
    """What makes a search return only the ids at which `usable` is True."""
    return faiss().IDSelectorBitmap(np.packbits(usable, bitorder="little"))


def to_bytes(index: Any) -> npt.NDArray[np.uint8]:
    """An index of faiss as it is saved."""
    library = faiss()
    held = bytearray()
    library.write_index(index, library.PyCallbackIOWriter(held.extend))
    return np.frombuffer(held, np.uint8)


def from_bytes(blob: npt.NDArray[np.uint8]) -> Any:
    """The index that `to_bytes` saved.

    The bytes must be those that were written: faiss believes the sizes it reads, and ends the process where
    they lie. So the checksum of such an array is compared before it comes here, whatever its size.

    Raises
    ------
    ValueError
        It is no index that this version of faiss reads.
    """
    library = faiss()
    if blob.dtype != np.uint8 or blob.ndim != 1:
        raise ValueError(f"an index of faiss is {blob.dtype} {blob.shape}")
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        part = blob[at : at + size].tobytes()
        at += len(part)
        return part

    try:
        return library.read_index(library.PyCallbackIOReader(read))
    except RuntimeError as error:
        raise ValueError(f"faiss can't read it: {error}") from error
