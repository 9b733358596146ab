"""Work on many rows, shared by threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTS_A_THREAD = 8
"""Parts that each thread gets about: one that is held up leaves others its share."""


def in_parts(work: Callable[[int, int], None], count: int, chunk: int, threads: int) -> None:
    """Call `work` with the first row and the end of parts that make up `count` rows.

    Parameters
    ----------
    work
        Called from several threads at once when there are several; what it raises is raised here.
    count
        How many rows there are.
    chunk
        Rows of a part, for which one thread is enough; a part is a multiple of it.
    threads
        How many there may be; the calling one waits for them.
    """
    if threads == 1 or count <= chunk:
        work(0, count)
        return
    part = -(-count // (threads * _PARTS_A_THREAD * chunk)) * chunk
    with ThreadPoolExecutor(threads, thread_name_prefix="pixie-fit") as pool:
        futures = [pool.submit(work, first, min(first + part, count)) for first in range(0, count, part)]
    for future in futures:
        future.result()
