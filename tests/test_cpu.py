"""How many threads NumPy's products take while an index is built."""

from __future__ import annotations

import subprocess
import sys

SCENE = """
import threading
import numpy
from threadpoolctl import threadpool_info
from pixie.cpu import one_blas_thread

def threads():
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}

before = threads()
first, second = one_blas_thread(), one_blas_thread()
first.__enter__()
assert threads() == {1}
other = threading.Thread(target=second.__enter__)
other.start()
other.join()
first.__exit__(None, None, None)
assert threads() == {1}, "the second still runs"
second.__exit__(None, None, None)
assert threads() == before
try:
    with one_blas_thread():
        raise RuntimeError
except RuntimeError:
    pass
print(sorted(before), sorted(threads()))
"""


def blas_threads(asked: str) -> str:
    """What NumPy has before and after, in a process that asks for so many threads."""
    environment = {"OPENBLAS_NUM_THREADS": asked, "PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", SCENE],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_products_take_one_thread_until_the_last_block_has_ended() -> None:
    assert blas_threads("2") == "[2] [2]"


def test_one_thread_that_was_asked_for_stays_one() -> None:
    assert blas_threads("1") == "[1] [1]"
