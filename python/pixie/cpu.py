"""The processor: which it is, and how many of its cores this process may use."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def core_limit() -> int:
    """Cores this process may use: its affinity, cut by a container's quota; at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, max(1, round(int(quota) / int(period))))
    except (OSError, ValueError):
        pass  # no cgroup v2, or its quota is "max"
    return cores


def cores_for_threads() -> int:
    """Threads that may compute with NumPy at once: all cores, or 1 where one product takes them all."""
    return core_limit() if os.environ.get("OPENBLAS_NUM_THREADS") == "1" else 1


_blas_guard = threading.Lock()
_blas_users = 0
_blas_limit: Any = None


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have NumPy's products use their caller's thread alone, in the whole process, until the block ends.

    OpenBLAS's threads wait for each other by spinning. On a machine that does other work as well, a fit of
    200,000 rows took 7 to 18 s with two of them and 2 s with one. Blocks may overlap, on any threads.
    """
    global _blas_users, _blas_limit
    if os.environ.get("OPENBLAS_NUM_THREADS") == "1":
        yield
        return
    from threadpoolctl import threadpool_limits

    with _blas_guard:
        if _blas_users == 0:
            _blas_limit = threadpool_limits(1, user_api="blas")
        _blas_users += 1
    try:
        yield
    finally:
        with _blas_guard:
            _blas_users -= 1
            if _blas_users == 0:
                _blas_limit.restore_original_limits()


def identity() -> str:
    """Model of the processor and a hash of its instruction sets, such as ``AMD EPYC 9654 3f2a90c1``.

    Measurements made on one identity hold for another machine of the same.
    """
    model, flags = platform.processor() or platform.machine(), ""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            elif key.strip() in {"flags", "Features"}:
                flags = " ".join(sorted(value.split()))
                break
    except OSError:
        pass  # not Linux: the model has to do
    return f"{model} {hashlib.blake2b(flags.encode(), digest_size=4).hexdigest()}"


def may_have_gpu() -> bool:
    """Whether a GPU's driver is present, told without importing torch; False is certain, True is not."""
    marks = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
    return any(Path(mark).exists() for mark in marks)
