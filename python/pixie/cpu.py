"""The processor: which it is, and how many of its cores this process may use."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path


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
