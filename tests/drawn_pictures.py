"""Pictures made on the spot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def draw(folder: Path, count: int, seed: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        picture(seed + number).save(folder / f"{number}.png")
    return folder


def picture(seed: int) -> Image.Image:
    """A picture like no other: blocks of random colours."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(colours).resize((48, 40), Image.Resampling.NEAREST)


def encoded(seed: int) -> bytes:
    file = io.BytesIO()
    picture(seed).save(file, "PNG")
    return file.getvalue()
