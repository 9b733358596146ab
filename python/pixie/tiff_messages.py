"""What libtiff says of damaged files, which it writes to standard error by itself."""

from __future__ import annotations

import contextlib
import ctypes
from importlib.util import find_spec
from pathlib import Path


def silence_libtiff() -> None:
    """Have the libtiff that came with Pillow say nothing: the error for the file says that it is damaged.

    Does nothing where Pillow was built with a libtiff of the system, which others may listen to.
    """
    found = find_spec("PIL")
    if found is None or found.origin is None:
        return
    packages = Path(found.origin).parent.parent
    for library in packages.glob("pillow.libs/libtiff*"):
        with contextlib.suppress(OSError, AttributeError):
            loaded = ctypes.CDLL(str(library))
            loaded.TIFFSetErrorHandler(None)
            loaded.TIFFSetWarningHandler(None)
