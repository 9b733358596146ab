"""JPEG files that cost about what photographs cost to decode."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image


def write_pictures(folder: Path, count: int, width: int, height: int, distinct: int = 16) -> None:
    """Fill `folder` with `count` JPEG files of this size, `distinct` pictures over and over.

    Files that are there already are left. Each has a number after its picture, which decoders skip,
    so that no two have the same content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [i for i in range(count) if not (folder / f"{i:05}.jpg").exists()]
    if not missing:
        return
    kinds = [_jpeg(width, height, seed) for seed in range(min(distinct, count))]
    for i in missing:
        (folder / f"{i:05}.jpg").write_bytes(kinds[i % len(kinds)] + f"{i:08}".encode())


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
