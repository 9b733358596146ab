"""Pictures in: bytes, files and Pillow's images to the pixels a vision tower sees, or an error with a reason.

Decoding is safe to run on many threads at once; Pillow releases the GIL in it.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image, UnidentifiedImageError

from pixie.animation import checked_frames, frames_of
from pixie.errors import ImageError
from pixie.exif import Exif, read_exif
from pixie.not_pictures import kind_of
from pixie.picture_file import PictureFile, sha256
from pixie.picture_limits import (
    TimedFile,
    TooSlowError,
    check_pixels,
    check_time,
    give_memory_back,
    hold_pillow_to,
    pixel_limit,
    time_limit,
    too_slow,
)
from pixie.raw_pictures import is_raw, preview_of
from pixie.rgb import to_rgb
from pixie.tiff_messages import silence_libtiff

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from pixie.preprocessing import Preprocessing

    Picture: TypeAlias = (
        str | os.PathLike[str] | bytes | bytearray | memoryview | PictureFile | Image.Image | NDArray[Any]
    )
    """A path, encoded bytes, a file already read, a Pillow image, or uint8 pixels (h, w[, 3 or 4])."""

# What Pillow reads by itself, without those that call other programs (EPS), draw (WMF) or hold no picture.
FORMATS = (
    *("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000", "ICO", "ICNS", "PPM", "TGA"),
    *("DIB", "PCX", "SGI", "DDS", "QOI", "PSD", "XBM", "HEIF"),
)

# Times the target size that a JPEG is shrunk to at most while it is decoded. On sharp pictures of 12
# megapixels the cosine to the vector of a full decode is 0.999998 at 2 and 0.99997 at 1, and decoding is five
# times as fast.
_DRAFT_MARGIN = 2

# Of the pixel limit, the share that JPEG 2000 gets for what is decoded, since each takes ten times as long
# and three times the memory.
_JPEG2000_COST = 4
_JPEG2000_HEADER = 1 << 16

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# First bytes of files that are pictures even when Pillow can't open them.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

# Remarks about single files (odd EXIF, palettes, sizes above Pillow's own limit) are no news to the user.
warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
logging.getLogger("PIL").addHandler(logging.NullHandler())
silence_libtiff()


@dataclass(frozen=True)
class ImageInfo:
    """What is known of a decoded picture.

    `width` and `height` are those of the whole picture in pixels, turned as it is to be seen; `format` is
    Pillow's name for it; `sha256`, `size` and `mtime_ns` are those of
    :class:`~pixie.picture_file.PictureFile`.
    """

    width: int
    height: int
    format: str | None
    sha256: str
    size: int
    mtime_ns: int | None
    exif: Exif

    def to_json(self) -> dict[str, Any]:
        """The facts' JSON object, EXIF's among the others."""
        facts = {name: getattr(self, name) for name in _FACTS}
        return {**facts, **self.exif.to_json()}


_FACTS = ("width", "height", "format", "sha256", "size", "mtime_ns")


def decode(
    source: Picture, preprocessing: Preprocessing, *, max_pixels: int | None = None
) -> tuple[NDArray[np.uint8], ImageInfo]:
    """Decode a picture, turn it upright, lay it over white, resize and crop it as the checkpoint wants.

    Large JPEGs are shrunk while they are decoded, never below twice the size the checkpoint asks for. Of an
    animation the first frame that is not all one colour counts, among the first 32.

    Parameters
    ----------
    source
        A path, encoded bytes, a file already read, a Pillow image, or uint8 pixels.
    preprocessing
        The checkpoint's.
    max_pixels
        Limit on width times height; `pixel_limit` by default.

    Returns
    -------
    pixels, info
        uint8 of shape (side, side, 3), and what is known of the picture.

    Raises
    ------
    ImageError
        With the code ``missing``, ``unreadable``, ``empty``, ``not_an_image``, ``truncated``, ``too_large``,
        ``too_slow`` or ``unsupported``; `item` is the path.
    """
    (pixels,), info = decode_frames(source, preprocessing, 1, max_pixels=max_pixels)
    return pixels, info


def decode_frames(
    source: Picture, preprocessing: Preprocessing, frames: int, *, max_pixels: int | None = None
) -> tuple[list[NDArray[np.uint8]], ImageInfo]:
    """Decode as `decode` does, but up to `frames` frames, spread over an animation or the pages of a TIFF.

    One after the other, so no more than one is in memory at its own size. Frames of one colour, and those
    that can't be read after the first, are left out. All together are held to `max_pixels` and to the time of
    one picture: what lies beyond is left out as well.

    Returns
    -------
    pixels, info
        From 1 to `frames` arrays, uint8 of shape (side, side, 3), and what is known of the picture.
    """
    limit = pixel_limit() if max_pixels is None else max_pixels
    checked_frames(frames)
    if isinstance(source, Image.Image):
        return _frame(source, preprocessing, limit)
    if isinstance(source, np.ndarray):
        return _frame(_from_array(source), preprocessing, limit)
    if isinstance(source, bytes | bytearray | memoryview):
        source = PictureFile.of(source)
    elif not isinstance(source, PictureFile):
        source = PictureFile.read(source)
    try:
        pixels, info = _decode_file(source, preprocessing, frames, limit)
        give_memory_back(info.width * info.height)
        return pixels, info
    except ImageError as error:
        error.item = error.item or source.name
        raise


def _decode_file(
    file: PictureFile, preprocessing: Preprocessing, frames: int, limit: int
) -> tuple[list[NDArray[np.uint8]], ImageInfo]:
    name = file.name or "the picture"
    hold_pillow_to(limit)
    preview = preview_of(file) if is_raw(file) else None
    data = file.data if preview is None else preview.data
    stream = TimedFile(data, time_limit())
    try:
        with _open(file, stream) as picture:
            width, height = picture.size
            check_pixels(width, height, limit, name)
            levels = _shrink(picture, data, _DRAFT_MARGIN * preprocessing.longest_target)
            decoded = picture.width >> levels, picture.height >> levels
            if picture.format == "JPEG2000":
                check_pixels(*decoded, limit // _JPEG2000_COST, name)
            check_time(picture.format, decoded[0] * decoded[1], len(data), name)
            pixels: list[NDArray[np.uint8]] = []
            exif: Exif | None = None
            with contextlib.closing(frames_of(picture, frames, limit, stream.is_late)) as shown:
                for rgb in shown:
                    # A picture within the picture may have another size than its directory says.
                    check_pixels(rgb.width, rgb.height, limit, name)
                    exif = read_exif(picture) if exif is None else exif
                    pixels.append(preprocessing.frame(_upright(rgb, exif)))
            assert exif is not None
            if exif.orientation in {5, 6, 7, 8}:
                width, height = height, width
            format_name = picture.format
            if preview is not None:
                width, height, format_name = preview.width, preview.height, "RAW"
                exif = preview.exif if preview.exif != Exif() else exif
            info = ImageInfo(width, height, format_name, file.sha256, file.size, file.mtime_ns, exif)
            return pixels, info
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name} has more than {limit} pixels", code="too_large") from error
    except MemoryError as error:
        raise ImageError(f"{name} does not fit into memory", code="too_large") from error
    except NotImplementedError as error:
        raise ImageError(f"{name} is of a kind Pixie can't read: {error}", code="unsupported") from error
    except Exception as error:
        if stream.expired or isinstance(error, TooSlowError):
            raise too_slow(name) from error
        # Pillow's decoders raise nearly any class on damaged data, RuntimeError and IndexError among them.
        raise ImageError(f"{name} is damaged or cut short: {error}", code="truncated") from error


def _open(file: PictureFile, stream: TimedFile) -> Image.Image:
    name = file.name or "the picture"
    head = bytes(file.data[:32])
    try:
        return Image.open(stream, formats=_readable())
    except UnidentifiedImageError:
        is_heic = head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS
        if is_heic and "HEIF" not in _readable():
            raise ImageError(
                # A failure that is remembered has its message alone.
                f"{name} is a HEIC picture; to read it: pixie setup --with heif",
                fix="install that library, or convert the picture to JPEG",
                code="unsupported",
            ) from None
        if is_heic or head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
            raise ImageError(
                f"{name} is damaged or cut short: its header can't be read", code="truncated"
            ) from None
        raise ImageError(f"{name} is {kind_of(bytes(file.data[:512]))}", code="not_an_image") from None


def _shrink(picture: Image.Image, data: bytes | memoryview, edge: int) -> int:
    """Have a picture decoded smaller, with shorter sides no less than `edge`, where its format can.

    Gives how often its sides, as they are told now, will be halved.
    """
    if picture.format in {"JPEG", "MPO"}:
        picture.draft(None, (edge, edge))
    elif picture.format == "JPEG2000":
        # Each level holds half the size of the next; the header's marker COD says how many there are.
        found = bytes(data[:_JPEG2000_HEADER]).find(b"\xff\x52")
        levels = data[found + 9] if 0 <= found < len(data) - 9 else 0
        fitting = (min(picture.size) // edge).bit_length() - 1
        if fitting > 0 and levels > 0:
            picture.reduce = min(fitting, levels)  # type: ignore[method-assign, assignment]
            return min(fitting, levels)
    return 0


@cache
def _readable() -> tuple[str, ...]:
    """Those of `FORMATS` that this build of Pillow has, and HEIF where its library is installed."""
    Image.init()
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _upright(rgb: Image.Image, exif: Exif) -> Image.Image:
    turn = _TURNS.get(exif.orientation or 1)
    return rgb if turn is None else rgb.transpose(turn)


def _frame(
    picture: Image.Image, preprocessing: Preprocessing, limit: int
) -> tuple[list[NDArray[np.uint8]], ImageInfo]:
    """A picture that is already open, which is left as it is."""
    try:
        width, height = picture.size
        if width == 0 or height == 0:
            raise ImageError(f"the picture has {width} x {height} pixels", code="empty")
        check_pixels(width, height, limit, "the picture")
        exif = read_exif(picture)
        rgb = _upright(to_rgb(picture), exif)
        # Pixels have no file: their own bytes stand for them.
        data = rgb.tobytes()
        digest = sha256(f"{rgb.size}".encode() + data)
        return [preprocessing.frame(rgb)], ImageInfo(*rgb.size, picture.format, digest, len(data), None, exif)
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(f"the picture can't be read: {error}", code="truncated") from error


def _from_array(pixels: NDArray[Any]) -> Image.Image:
    shaped = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if pixels.dtype != np.uint8 or not shaped or pixels.size == 0:
        raise ImageError(
            f"an array of {pixels.dtype} and shape {pixels.shape} is no picture",
            fix="give uint8 pixels of shape (height, width), (height, width, 3) or (height, width, 4)",
            code="unsupported",
        )
    return Image.fromarray(np.ascontiguousarray(pixels))
