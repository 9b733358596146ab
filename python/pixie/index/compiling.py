"""How the index's kernels are compiled, kept, and chosen by the processor.

Compiled by numba on first use, in about ten seconds, and kept in Pixie's cache for the machine and the
version. Which vector instructions are used is chosen from the processor; ``PIXIE_KERNELS`` forces ``avx512``,
``avx2`` or ``plain``. All give the same results.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shutil
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite.binding
import numba
from numba import types

from pixie import home
from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NEEDS = {
    "avx512": ("avx512f", "avx512bw", "avx512vl", "avx512vnni"),
    "avx2": ("avx2",),
    "plain": (),
}

_KEPT_SECONDS = 30 * 24 * 3600
"""How long what a version compiled is kept at least."""

_LOG = logging.getLogger("pixie")


@functools.cache
def possible_paths() -> tuple[str, ...]:
    """The paths that this processor can run, the fastest first."""
    able = llvmlite.binding.get_host_cpu_features()
    return tuple(path for path, needs in _NEEDS.items() if all(able.get(need) for need in needs))


def chosen_path() -> str:
    """The path that searches take: the fastest there is, or what ``PIXIE_KERNELS`` says.

    Raises
    ------
    InvalidInputError
        ``PIXIE_KERNELS`` names no path, or one that this processor can't run.
    """
    possible = possible_paths()
    asked = os.environ.get("PIXIE_KERNELS")
    if not asked:
        return possible[0]
    if asked not in possible:
        raise InvalidInputError(
            f"PIXIE_KERNELS is {asked!r}, and this processor runs {', '.join(possible)}",
            fix="unset it, or give one of those",
        )
    return asked


@functools.cache
def _version() -> str:
    # numba compiles anew when the file of a function changes, but not when one does that it calls into.
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return f"{functools.reduce(lambda crc, source: zlib.crc32(source.read_bytes(), crc), sources, 0):08x}"


def _folder() -> Path:
    return home.cache() / "kernels" / _version()


@contextlib.contextmanager
def _pixie_cache() -> Iterator[None]:
    # Read when a function is declared, so that the cache of other users of numba stays where it is.
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_folder())
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def inlined(function: Callable[..., Any]) -> Any:
    """A function for other kernels to call; it is compiled into them."""
    return numba.njit(nogil=True, error_model="numpy")(function)


def array(kind: Any, dimensions: int, readonly: bool = True) -> Any:
    """The type of a C-contiguous array."""
    return types.Array(kind, dimensions, "C", readonly=readonly)


def compiled(function: Callable[..., Any], signature: Any) -> Any:
    """`function` for arguments of `signature`, from the cache where it is there."""
    compiler = functools.partial(numba.njit, signature, nogil=True, error_model="numpy")
    if not any(_folder().glob(f"*/*.{function.__name__}-*.nbi")):
        _say_once()
    try:
        with _pixie_cache():
            return compiler(cache=True)(function)
    except RuntimeError:
        # There is nowhere to keep it: compiled for this process alone.
        return compiler()(function)


@functools.cache
def _say_once() -> None:
    _LOG.warning("compiling the search kernels for this machine, once; it takes about ten seconds")
    _forget_old_versions()


def _forget_old_versions() -> None:
    """Remove what other versions compiled long ago; one that is in use after all compiles it again."""
    for folder in _folder().parent.glob("*/"):
        with contextlib.suppress(OSError):
            if folder != _folder() and time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
