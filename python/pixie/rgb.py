"""Pillow's modes to plain 8-bit RGB: transparency over white, deep greys scaled, CMYK and Lab converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageCms

from pixie.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHITE = (255, 255, 255)

# Lines that are scaled at once: a large picture in float64 would take eight times its memory.
_STRIP = 256

# Modes with an alpha channel; "a" marks colours already multiplied by it.
_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})


def to_rgb(picture: Image.Image) -> Image.Image:
    """The picture in mode RGB, as a viewer with a white background shows it.

    Greys deeper than 8 bits: unsigned 16-bit values are divided by 257. 32-bit integers are taken as 8 or 16
    bits when they fit, and floats as 0..1 or 0..255 when they fit; else the range from smallest to largest
    becomes 0..255.

    Raises
    ------
    ImageError
        ``unsupported`` for a mode without a meaning as colours.
    """
    mode = picture.mode
    if mode == "RGB" and "transparency" not in picture.info:
        return picture
    if mode.startswith("I") or mode == "F":
        return Image.fromarray(_deep_grey(picture)).convert("RGB")
    if mode in _ALPHA or "transparency" in picture.info:
        return _over_white(picture)
    if mode == "LAB":
        return _lab_to_rgb(picture)
    try:
        return picture.convert("RGB")
    except ValueError as error:
        raise ImageError(f"pictures of mode {mode} can't be converted to RGB", code="unsupported") from error


def _over_white(picture: Image.Image) -> Image.Image:
    # Pillow converts premultiplied colours only to their own plain mode.
    if picture.mode in {"RGBa", "La"}:
        picture = picture.convert({"RGBa": "RGBA", "La": "LA"}[picture.mode])
    if picture.mode != "RGBA":
        picture = picture.convert("RGBA")
    canvas = Image.new("RGB", picture.size, _WHITE)
    canvas.paste(picture, mask=picture.getchannel("A"))
    return canvas


def _deep_grey(picture: Image.Image) -> NDArray[np.uint8]:
    values: NDArray[Any] = np.asarray(picture)
    grey = np.empty(values.shape, np.uint8)
    parts = [slice(top, top + _STRIP) for top in range(0, len(values), _STRIP)]
    if picture.mode.startswith("I;16"):
        # Dividing by 257 in steps of the high byte is off by one grey at most and needs no wider copy.
        for part in parts:
            grey[part] = values[part] >> 8
        return grey
    ranges = [_range(values[part]) for part in parts]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    for part in parts:
        grey[part] = _scaled(_finite(values[part]), low, high)
    return grey


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0) if values.dtype.kind == "f" else values


def _range(values: NDArray[Any]) -> tuple[float, float]:
    found = _finite(values)
    return float(found.min()), float(found.max())


def _scaled(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    is_float = values.dtype.kind == "f"
    if low < 0 or high > 65535 or (is_float and high > 255):
        # In float64, where the range of any float32 values is a number.
        values = ((values.astype(np.float64) - low) * (255.0 / ((high - low) or 1.0))).round()
    elif is_float:
        values = (values * (255.0 if high <= 1 else 1.0)).round()
    elif high > 255:
        values = values // 257
    return values.astype(np.uint8)


def _lab_to_rgb(picture: Image.Image) -> Image.Image:
    try:
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, ImportError) as error:
        raise ImageError(
            "Lab pictures can't be converted by this build of Pillow", code="unsupported"
        ) from error
    if converted is None:
        raise ImageError("Lab pictures can't be converted by this build of Pillow", code="unsupported")
    return converted
