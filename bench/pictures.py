"""JPEG files that cost about what photographs cost to decode."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def write_pictures(folder: Path, count: int, width: int, height: int, distinct: int = 16) -> None:
    """Fill `folder` with `count` JPEG files of this size: `distinct` pictures, over and over.

    What comes after a picture's end tells their contents apart, so that Pixie decodes and embeds each.
    Files that are there already are left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        if path.exists() and path.stat().st_nlink == 1:
            continue
        path.unlink(missing_ok=True)
        if number < distinct:
            path.write_bytes(_jpeg(width, height, seed=number))
        else:
            content = (folder / f"{number % distinct:05}.jpg").read_bytes()
            path.write_bytes(content + number.to_bytes(8, "big"))


def _jpeg(width: int, height: int, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    # Noise at several scales has the detail of a photograph; a flat picture would decode too fast.
    pixels = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((4, 90), (24, 50), (120, 25), (600, 10)):
        coarse = rng.normal(0, strength, (cells, cells, 3)).astype(np.float32)
        for channel in range(3):
            layer = Image.fromarray(coarse[:, :, channel]).resize((width, height), Image.Resampling.BICUBIC)
            pixels[:, :, channel] += np.asarray(layer)
    picture = Image.fromarray(np.clip(pixels + 128, 0, 255).astype(np.uint8))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=85)
    return content.getvalue()
