"""Animations for the tests, of frames that tell apart."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageOps

from sample_pictures import drawing, encoded

LOSSLESS: dict[str, dict[str, Any]] = {
    "GIF": {},
    "PNG": {},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    "TIFF": {},
}


def scenes(count: int) -> list[Image.Image]:
    """Frames that tell apart, of colours that a palette keeps."""
    return [
        ImageOps.mirror(flat) if number % 2 else flat
        for number in range(count)
        for flat in [
            Image.composite(drawing(), Image.new("RGB", (60, 40), (0, 20 * number, 90)), mask(number))
        ]
    ]


def mask(number: int) -> Image.Image:
    shape = Image.new("L", (60, 40))
    shape.paste(255, (2 * number, 5, 2 * number + 25, 35))
    return shape


def animation(frames: list[Image.Image], format: str = "GIF") -> bytes:  # noqa: A002 - Pillow's name
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], **LOSSLESS[format])
