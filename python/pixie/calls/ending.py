"""How the process ends once torch is in it."""

from __future__ import annotations

import contextlib
import sys
import threading

_registering = threading.Lock()
_registered = False


def end_without_destructors() -> None:
    """Have the process end without the static destructors of the libraries loaded so far; once is enough.

    The JVM may end while Python runs on one of its threads: a second Ctrl-C, ``System.exit``. It then stops
    all threads that come back from native code and calls C's ``exit``. The destructors of torch's libraries
    run in there and want the GIL, whose owner is among the stopped threads: the process hangs and heeds no
    signal but SIGKILL. Handlers run last in, first out, so libc's own ``_exit`` as the newest one ends the
    process, with the status it was to have, before any destructor. Neither half has anything left to do by
    then.
    """
    global _registered
    with _registering:
        # What is loaded later has its destructors registered later, so it is torch that must come first.
        if _registered or "torch" not in sys.modules:
            return
        import ctypes

        libc = ctypes.CDLL(None)
        # glibc alone has on_exit, whose handlers are told the status.
        with contextlib.suppress(AttributeError):
            libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)
        _registered = True


def import_torch() -> None:
    """Import torch ahead of its use, so that the way the process ends is settled before long work begins."""
    # Without torch there is nothing to settle, and its use will say what is missing.
    with contextlib.suppress(ImportError):
        from pixie import torch_tower  # noqa: F401
    end_without_destructors()
