"""The raw files of cameras, seen through the preview that the camera has put into them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

from pixie.errors import ImageError
from pixie.exif import Exif, read_exif
from pixie.suffixes import RAW_SUFFIXES

if TYPE_CHECKING:
    from pixie.picture_file import PictureFile

_TIFF = (b"II*\0", b"MM\0*")
_OWN = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_DNG_VERSION = 50706

# LibRaw's turns are degrees or, in files, these flags; EXIF counts otherwise.
_TURNED = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture that stands for a raw one.

    ``data`` is an encoded picture, ``width`` and ``height`` are those of the raw one in pixels, upright, and
    ``exif`` says what the raw file says.
    """

    data: bytes
    width: int
    height: int
    exif: Exif


def is_raw(file: PictureFile) -> bool:
    """Whether a file is a camera's raw file, by its content, and where TIFF could be either by its name."""
    head = bytes(file.data[:16])
    if head.startswith(_OWN) or head[4:12] == b"ftypcrx " or head[8:10] == b"CR":
        return True
    if not head.startswith(_TIFF):
        return False
    return os.path.splitext(file.name or "")[1].lower() in RAW_SUFFIXES or _is_dng(file)


def preview_of(file: PictureFile) -> Preview:
    """The preview in a raw file.

    Raises
    ------
    ImageError
        ``unsupported`` when the library for it is not installed, or there is no preview; ``truncated`` when
        the file is damaged.
    """
    name = file.name or "the picture"
    try:
        import rawpy
    except ImportError:
        raise ImageError(
            # A failure that is remembered has its message alone.
            f"{name} is a camera's raw file; to read it: pixie setup --with raw",
            fix="install that library, or convert the picture to JPEG",
            code="unsupported",
        ) from None
    try:
        with rawpy.imread(BytesIO(file.data)) as raw:
            sizes, preview = raw.sizes, raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
        raise ImageError(f"{name} has no preview that can be read", code="unsupported") from error
    except rawpy.LibRawFileUnsupportedError as error:
        raise ImageError(
            f"{name} is of a camera that this version of LibRaw does not know", code="unsupported"
        ) from error
    except (rawpy.LibRawError, OSError, ValueError) as error:
        raise ImageError(f"{name} is damaged or cut short: {error}", code="truncated") from error
    width, height = sizes.iwidth, sizes.iheight
    if sizes.flip in _TURNED:
        width, height = height, width
    return Preview(_encoded(preview, rawpy.ThumbFormat.BITMAP), width, height, _exif_of(file))


def _encoded(preview: Any, bitmap: Any) -> bytes:
    if preview.format != bitmap:
        return bytes(preview.data)
    stream = BytesIO()
    Image.fromarray(preview.data).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _is_dng(file: PictureFile) -> bool:
    try:
        with Image.open(BytesIO(file.data), formats=("TIFF",)) as picture:
            return _DNG_VERSION in picture.getexif()
    except Exception:  # noqa: BLE001 - what can't be opened says so when it is decoded
        return False


def _exif_of(file: PictureFile) -> Exif:
    """What the raw file itself says, where it is a TIFF; previews often lack it."""
    if not bytes(file.data[:4]).startswith(_TIFF):
        return Exif()
    try:
        with Image.open(BytesIO(file.data), formats=("TIFF",)) as picture:
            return read_exif(picture)
    except Exception:  # noqa: BLE001 - as above
        return Exif()
