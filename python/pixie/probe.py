"""What an interpreter says about itself, as one line of JSON on standard output.

Runs in a child process before Python is embedded, in whatever interpreter was found: it imports nothing of
Pixie and keeps to what Python 3.8 understands, so that an old one can still say that it is old.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

PACKAGES = (
    "numpy",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "huggingface-hub",
    "numba",
    "pillow",
)


def facts() -> dict[str, object]:
    """Facts that decide whether the interpreter can be embedded and has what Pixie needs."""
    variable = sysconfig.get_config_var
    libjep = find_libjep()
    return {
        "implementation": sys.implementation.name,
        "version": sys.version.split()[0],
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "shared": bool(variable("Py_ENABLE_SHARED") or variable("PYTHONFRAMEWORK")),
        "free_threaded": bool(variable("Py_GIL_DISABLED")),
        "library_folder": variable("LIBDIR"),
        "include_folder": variable("INCLUDEPY"),
        "compiler": variable("CC"),
        "site_packages": sysconfig.get_path("platlib"),
        "jep": installed_version("jep"),
        "libjep": None if libjep is None else str(libjep),
        "libjep_missing": [] if libjep is None else missing_libraries(libjep),
        "libjep_has_numpy": libjep is not None and has_numpy_support(libjep),
        "packages": {name: installed_version(name) for name in PACKAGES},
    }


def find_libjep() -> Path | None:
    """Jep's native library; importing jep itself is possible only inside a JVM."""
    spec = find_spec("jep")
    if spec is None or spec.origin is None:
        return None
    name = "libjep.jnilib" if sys.platform == "darwin" else "libjep.so"
    library = Path(spec.origin).parent / name
    return library if library.is_file() else None


def installed_version(name: str) -> str | None:
    """Version of an installed distribution, None if it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def missing_libraries(library: Path) -> list[str]:
    """Libraries that the dynamic loader can't find; ``libjvm.so`` is there once a JVM loads the library."""
    try:
        ldd = subprocess.run(  # noqa: S603
            ["ldd", library],  # noqa: S607
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    missing = [line.split()[0] for line in ldd.stdout.splitlines() if "not found" in line]
    return [name for name in missing if name != "libjvm.so"]


def has_numpy_support(library: Path) -> bool:
    """Whether numpy was at hand when jep was built; if not, no array crosses."""
    return b"_ARRAY_API" in library.read_bytes()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(facts()) + "\n")
