"""Collections made of vectors given directly, for tests that need no model."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.holdings import Holdings  # noqa: TC001 (scripts of other processes take it from here)
from pixie.manifest import Manifest, Model
from pixie.opening import create_collection
from pixie.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

DIMENSION = 16
MODEL = Model("a-model", "0123456789abcdef" * 2, DIMENSION)

# Characters that have been lost between Java, JSON, SQLite and file systems before.
HARD_STRINGS = [
    "plain",
    "with space/and slash",
    "emoji \U0001f436\U0001f3fd\u200d",
    "nul \0 inside",
    "high surrogate \ud83d alone",
    "low surrogate \udc36 alone",
    "not utf-8 \udcff\udce4",
    "quote \" ' \\ % _ * ?",
    "line\nbreak\ttab\r",
    "\u202eright to left",
]


def unit(name: str) -> npt.NDArray[np.float32]:
    """The unit vector that a name stands for in these tests, float32 (16,)."""
    seed = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def make(folder: Path, settings: dict[str, Any] | None = None) -> Path:
    """A new collection's folder."""
    create_collection(folder, MODEL)
    if settings is not None:
        Manifest.new(folder.name, MODEL, settings).write(folder)
    return folder


def put(holdings: Holdings, *ids: str, **fields: Any) -> tuple[int, int]:
    """Commit an item with a picture's vector, `unit` of its id, for each id."""
    records = [
        Record(name, path=f"/pictures/{name}", vectors=(("image", row),), **fields)
        for row, name in enumerate(ids)
    ]
    return holdings.commit(records, np.stack([unit(name) for name in ids]))


def found(holdings: Holdings, vector: npt.NDArray[np.float32], k: int = 10, **page: Any) -> list[str]:
    """The ids of the k items nearest to a vector."""
    return [hit.id for hit in hits(holdings, vector, k, **page)]


def hits(
    holdings: Holdings, vector: npt.NDArray[np.float32], k: int = 10, exact: bool = False, **page: Any
) -> Sequence[Any]:
    """The k hits nearest to a vector."""
    from pixie.query import Part
    from pixie.search import Page, SearchOptions

    return holdings.rank([Part(1.0, vector)], Page(k, **page), SearchOptions(exact=exact)).hits


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run without root's right to write anywhere."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Run without the right to write a folder or anything in it."""
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in folder.parents:
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    try:
        with as_nobody():
            yield
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def crash_while_writing(folder: Path) -> None:
    """Leave a collection as a writer does that was killed after it had committed the item ``last``."""
    run_python(
        f"holdings = Holdings(Path({str(folder)!r})); put(holdings, 'last'); os.kill(os.getpid(), 9)", code=-9
    )


HEED_SIGINT = """
import signal
# A process that a shell started in the background inherits that it ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
"""

_PRELUDE = f"""{HEED_SIGINT}
import os, sys, time
from pathlib import Path
import numpy as np
from collection_fixtures import *
from pixie.errors import CollectionError
from pixie.holdings import Holdings
from pixie.records import Record
"""


def start_python(source: str, *arguments: str) -> subprocess.Popen[str]:
    """Python code with the names of this module, in a process of its own."""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", _PRELUDE + textwrap.dedent(source), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_python(source: str, code: int = 0) -> str:
    """What Python code printed in a process of its own."""
    child = start_python(source)
    said, _ = child.communicate()
    assert child.returncode == code
    return said
