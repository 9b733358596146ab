"""What one picture may cost: pixels, processor time, and memory together with those beside it."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from pixie.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Number = TypeVar("Number", int, float)

MAX_PIXELS = 300_000_000
"""Most pixels a picture may have unless PIXIE_MAX_PIXELS or an argument says otherwise; 900 MB of RGB."""

MAX_SECONDS = 60.0
"""Most processor time a picture may take unless PIXIE_MAX_SECONDS says otherwise. Formats that Pillow decodes
in C stay below it at 300 million pixels (``docs/limits.md``); the few it decodes in Python would take up to
half an hour."""


def pixel_limit() -> int:
    """Most pixels a picture may have: PIXIE_MAX_PIXELS, else `MAX_PIXELS`."""
    return _setting("PIXIE_MAX_PIXELS", MAX_PIXELS)


def time_limit() -> float:
    """Most seconds of processor time a picture may take: PIXIE_MAX_SECONDS, else `MAX_SECONDS`."""
    return _setting("PIXIE_MAX_SECONDS", MAX_SECONDS)


def _setting(name: str, default: Number) -> Number:
    try:
        return max(type(default)(1), type(default)(os.environ[name]))
    except (KeyError, ValueError):
        return default


def check_pixels(width: int, height: int, limit: int, name: str) -> None:
    """Refuse a picture of more than `limit` pixels, as ``too_large``."""
    if width * height > limit:
        raise ImageError(
            f"{name} has {width} x {height} pixels, and the limit is {limit}",
            fix="make it smaller, or raise PIXIE_MAX_PIXELS",
            code="too_large",
        )


# Processor seconds a megapixel and a megabyte of the file, where a decoder takes a whole picture in one call
# that nothing can interrupt: no less than any of `bench/hostile --costly` (docs/limits.md).
_COSTS = {"AVIF": (0.02, 0.07), "HEIF": (0.03, 0.09), "JPEG2000": (0.09, 0.11), "WEBP": (0.02, 0.06)}

# Bytes of a file that a pixel may have. Any more are no part of what is decoded.
_MOST_BYTES_A_PIXEL = 16


def expected_seconds(format_name: str | None, pixels: int, size: int) -> float:
    """Processor time that a picture takes in one call of its decoder, rather too much than too little.

    Parameters
    ----------
    format_name
        Pillow's name of the format; 0 comes out for those that read little by little, or are always fast.
    pixels, size
        Pixels that are decoded, and bytes of the file.
    """
    a_megapixel, a_megabyte = _COSTS.get(format_name or "", (0.0, 0.0))
    return (pixels * a_megapixel + min(size, pixels * _MOST_BYTES_A_PIXEL) * a_megabyte) / 1e6


def check_time(format_name: str | None, pixels: int, size: int, name: str) -> None:
    """Refuse, as ``too_slow``, a picture with more `expected_seconds` than `time_limit`."""
    if expected_seconds(format_name, pixels, size) > time_limit():
        raise too_slow(name)


def too_slow(name: str) -> ImageError:
    """The error for a picture that takes, or would take, longer than `time_limit`."""
    return ImageError(
        f"{name} takes longer than {time_limit():g} s to decode",
        fix="save it in another format, such as PNG or JPEG, or raise PIXIE_MAX_SECONDS",
        code="too_slow",
    )


def hold_pillow_to(limit: int) -> None:
    """Have Pillow refuse what is above `limit` pixels, and nothing below.

    It sees the sizes of pictures within pictures, as in icons, before anyone else can. It refuses at twice
    its number, which for the whole process is raised here and never lowered.
    """
    if Image.MAX_IMAGE_PIXELS is not None and limit > Image.MAX_IMAGE_PIXELS * 2:
        Image.MAX_IMAGE_PIXELS = (limit + 1) // 2


class TooSlowError(Exception):
    """The time for a picture is over."""


class TimedFile(BytesIO):
    """A file in memory whose reads fail once this thread has worked for too long since it was opened.

    Nothing can end a decoder from outside. But those that are slow read little by little: Pillow's decoders
    in Python read each pixel or run, those in C some 64 KB. The ones that take all at once are bounded by
    what is known before (`check_time`). The processor's time counts, not the clock's: a busy machine makes no
    picture too slow.

    Parameters
    ----------
    data
        The file's bytes.
    seconds
        Of processor time of the thread that makes this object, which must be the one that reads.
    """

    def __init__(self, data: bytes | memoryview, seconds: float) -> None:
        super().__init__(data)
        self._end = time.thread_time() + seconds
        self.expired = False

    def is_late(self) -> bool:
        """Whether the time is over."""
        return time.thread_time() > self._end

    def read(self, size: int | None = -1, /) -> bytes:
        """As `BytesIO.read`; raises `TooSlowError` when the time is over."""
        if self.is_late():
            # Kept, because a decoder in C turns any error of its file into one of its own.
            self.expired = True
            raise TooSlowError
        return super().read(size)


class Room:
    """Memory for decoded pictures, shared by all threads: who finds none waits, in turn.

    Parameters
    ----------
    pixels
        How many may be in memory at once. A picture of more comes in when it is alone.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._taken = 0
        self._entrance = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def of(self, pixels: int) -> Iterator[None]:
        """Room for so many pixels, while the block runs."""
        # Whoever waits for much keeps those behind it from taking bit by bit what becomes free.
        with self._entrance, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + pixels <= self._pixels)
            self._taken += pixels
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()


_LARGE = 50_000_000


def give_memory_back(pixels: int) -> None:
    """Give back to the system what decoding a picture of so many pixels took, once nothing holds it.

    The GNU C library keeps what each thread frees for that thread, so that as many large pictures as there
    are threads would stay in memory although they were decoded one after the other. Elsewhere this does
    nothing.
    """
    trim = _trim()
    if pixels >= _LARGE and trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return found


ROOM = Room(MAX_PIXELS)
"""Of this process: one picture at the limit, or many of the usual size."""
