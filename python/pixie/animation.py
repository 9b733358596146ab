"""The frames of a picture that count: the first that shows something, or several of an animation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError
from pixie.picture_limits import ROOM
from pixie.rgb import to_rgb

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from PIL import Image

MAX_FRAMES = 32
"""Most frames that make one vector; each is a picture for the model, and a square of pixels in memory."""

# Where what Pillow seeks in are the frames of an animation or pages; those of a PSD are its layers.
_ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF", "TIFF", "HEIF"})

# Those in which a frame can be had without the ones before it, and may have a size of its own.
_PAGED = frozenset({"TIFF", "HEIF"})

# TIFF's tag NewSubfileType: a smaller copy of another page, or its mask.
_SUBFILE_TYPE = 254
_NO_PAGE_OF_ITS_OWN = 1 | 4

# Frames looked at for one that is not blank, and their pixels: decoding an animation frame by frame adds up.
_MOST_LOOKED_AT = 32
_MOST_PIXELS_LOOKED_AT = 64_000_000


def checked_frames(frames: object) -> int:
    """`frames`, or `InvalidInputError` when it can't be the number of frames that make a vector."""
    if isinstance(frames, int) and not isinstance(frames, bool) and 1 <= frames <= MAX_FRAMES:
        return frames
    raise InvalidInputError(
        f"{frames!r} frames of an animation were asked for", fix=f"give a whole number from 1 to {MAX_FRAMES}"
    )


def frames_of(
    picture: Image.Image, most: int, max_pixels: int, is_late: Callable[[], bool]
) -> Generator[Image.Image, None, None]:
    """The frames of a picture that count, as RGB, each with room in memory until the next is asked for.

    With `most` 1 that is the first frame that is not all one colour, among the first 32, else the first. With
    more, as many frames as that, spread evenly from the first on, or all where there are fewer; those of one
    colour are left out, unless all are. Frames past `max_pixels` in all are not looked at, nor, once the
    first was read, those that can't be or come when `is_late`. Of a picture with one frame nothing more is
    read. To be closed, like any generator that holds something.
    """
    shown = False
    # The main picture of a HEIF need not stand first.
    start = picture.tell()
    with ROOM.of(picture.width * picture.height):
        picture.load()
        first = to_rgb(picture)
        is_blank = _is_blank(first)
        if most == 1 or picture.format not in _ANIMATED or not _has_more(picture):
            yield _first_shown(picture, first, start) if is_blank and _has_more(picture) else first
            return
        pixels = first.width * first.height
        if not is_blank:
            shown = True
            yield first
    for frame in _further(picture, start, pixels, most, max_pixels, is_late):
        if not _is_blank(frame):
            shown = True
            yield frame
    if not shown:
        with ROOM.of(pixels):
            yield _again(picture, start)


def _further(
    picture: Image.Image, start: int, pixels: int, most: int, max_pixels: int, is_late: Callable[[], bool]
) -> Iterator[Image.Image]:
    """Those after the first, which has so many pixels, as far as they can be read."""
    try:
        count: int = picture.n_frames  # type: ignore[attr-defined]
        if picture.format not in _PAGED:
            # Each is made of the one before it.
            count = min(count, max_pixels // pixels)
        total = pixels
        for number in range(1, min(most, count)):
            picture.seek((start + (number * count // most if count > most else number)) % count)
            size = picture.width * picture.height
            total += size
            if is_late() or total > max_pixels:
                return
            if not _is_part(picture):
                with ROOM.of(size):
                    frame = to_rgb(picture)
                    frame.load()
                    yield frame
    except Exception:  # noqa: BLE001 - those that were read stand, whatever a later one lacks
        return


def _has_more(picture: Image.Image) -> bool:
    # Asked last, because counting the pages of a TIFF may take longer than decoding one. The further pictures
    # of an MPO are the camera's, such as a second eye or a depth map.
    try:
        return picture.format != "MPO" and bool(getattr(picture, "is_animated", False))
    except Exception:  # noqa: BLE001 - of a GIF that ends in its second frame the first stands
        return False


def _is_part(picture: Image.Image) -> bool:
    kind = picture.tag_v2.get(_SUBFILE_TYPE, 0) if picture.format == "TIFF" else 0  # type: ignore[attr-defined]
    return isinstance(kind, int) and bool(kind & _NO_PAGE_OF_ITS_OWN)


def _first_shown(picture: Image.Image, first: Image.Image, start: int) -> Image.Image:
    """The first frame that is not all one colour, else the first, which is."""
    size = picture.size
    most = min(_MOST_LOOKED_AT, max(2, _MOST_PIXELS_LOOKED_AT // (first.width * first.height)))
    for number in range(1, most):
        try:
            picture.seek(number)
            # Room was taken for one of this size.
            if picture.size == size and not _is_blank(frame := to_rgb(picture)):
                return frame
        except Exception:  # noqa: BLE001 - the first frame stands, whatever a later one lacks
            break
    return _again(picture, start)


def _again(picture: Image.Image, start: int) -> Image.Image:
    """The first frame, once others were looked at: where it is RGB already, it was the picture itself."""
    picture.seek(start)
    return to_rgb(picture)


def _is_blank(rgb: Image.Image) -> bool:
    return all(low == high for low, high in rgb.getextrema())  # type: ignore[misc]
