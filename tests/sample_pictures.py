"""Pictures for the tests to decode, and short ways to do it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pixie import images
from pixie.errors import ImageError, InvalidInputError
from pixie.preprocessing import Preprocessing

SIDE = 32
PLAIN = Preprocessing.parse({}, SIDE)


def drawing(width: int = 60, height: int = 40) -> Image.Image:
    """An RGB picture without any symmetry: a red corner, a green bar, a soft blue slope."""
    across = np.linspace(0, 255, width, dtype=np.uint8)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = across
    picture = Image.fromarray(pixels)
    ImageDraw.Draw(picture).rectangle((0, 0, width // 3, height // 4), fill=(220, 20, 30))
    ImageDraw.Draw(picture).rectangle(
        (width // 2, height // 2, width // 2 + 3, height - 1), fill=(10, 200, 40)
    )
    return picture


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Noise at many scales, with the spectrum of photographs."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    step = 1
    while step < max(width, height):
        size = (max(2, width // step), max(2, height // step))
        noise = rng.normal(0, 1, (size[1], size[0], 3)).astype(np.float32)
        layers = [
            np.asarray(Image.fromarray(noise[..., c]).resize((width, height), Image.Resampling.BICUBIC))
            for c in range(3)
        ]
        total += np.stack(layers, -1) * step**0.8
        step *= 2
    total -= total.min()
    return Image.fromarray((total * (255 / total.max())).astype(np.uint8))


def encoded(picture: Image.Image, format: str = "PNG", **options: Any) -> bytes:  # noqa: A002 - Pillow's name
    stream = BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def pixels_of(source: Any, preprocessing: Preprocessing = PLAIN) -> np.ndarray:
    return images.decode(source, preprocessing)[0].astype(int)


def expected(picture: Image.Image, preprocessing: Preprocessing = PLAIN) -> np.ndarray:
    return preprocessing.frame(picture.convert("RGB")).astype(int)


def error_of(source: Any, **options: Any) -> ImageError:
    with pytest.raises(ImageError) as caught:
        images.decode(source, PLAIN, **options)
    assert isinstance(caught.value, InvalidInputError)
    return caught.value
