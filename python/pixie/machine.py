"""What `pixie doctor` asks of the Python half, as one line of JSON on standard output.

Runs in a child process, so that it answers also where Python can't be embedded.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

# Instructions that decide which dtype is fast, as Linux names them in /proc/cpuinfo.
_TELLING = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile", "asimd", "bf16", "sve")


def report(model: str) -> dict[str, Any]:
    """The model's place on this machine, the processor, and the dtypes that were measured on it.

    Parameters
    ----------
    model
        As given to :meth:`pixie.Embedder.load`.
    """
    return {
        "model": _model(model),
        "cpu": {"cores": os.cpu_count(), "architecture": platform.machine(), "features": cpu_features()},
        "dtypes": measured_dtypes(),
    }


def _model(name: str) -> dict[str, Any]:
    from pixie import hub

    folder = hub.cached(name) if hub.is_repository(name) else None
    return {
        "name": name,
        "folder": None if folder is None else str(folder),
        "cache": str(hub.cache_folder()),
    }


def cpu_features(cpuinfo: Path = Path("/proc/cpuinfo")) -> list[str]:
    """Instructions of this processor that matter for the dtype; empty where the system does not list them."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    listed = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return [name for name in _TELLING if name in listed.split()]


def measured_dtypes() -> list[dict[str, Any]]:
    """What ``dtype="auto"`` was measured to be best, and where; empty before the first time."""
    from pixie import home

    try:
        measured = json.loads((home.cache() / "dtype.json").read_bytes())
    except (OSError, ValueError):
        return []
    entries = measured.items() if isinstance(measured, dict) else ()
    return [{"measured_on": key, **entry} for key, entry in entries if isinstance(entry, dict)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(report(sys.argv[1])) + "\n")
