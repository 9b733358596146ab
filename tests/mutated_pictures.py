"""Pictures of every format that Pillow writes, and damage to them that is drawn by a seed."""

from __future__ import annotations

import random
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 100_000)


class Picture(NamedTuple):
    """An encoded picture, or what is left of it, and what it is called."""

    name: str
    data: bytes


def _pixels(width: int = 61, height: int = 43) -> Image.Image:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def _variants() -> Iterator[tuple[str, str, Image.Image, dict[str, Any]]]:
    rgb = _pixels()
    alpha = rgb.copy()
    alpha.putalpha(128)
    frames = [Image.new("RGB", rgb.size, (50 * number, 0, 0)) for number in range(3)]
    animated = {"save_all": True, "append_images": [*frames, rgb]}
    yield "jpeg", "JPEG", rgb, {"exif": _exif()}
    yield "jpeg-progressive", "JPEG", rgb, {"progressive": True}
    yield "jpeg-cmyk", "JPEG", rgb.convert("CMYK"), {}
    yield "mpo", "MPO", rgb, {"save_all": True, "append_images": [rgb]}
    yield "png", "PNG", rgb, {"icc_profile": b"\0" * 200}
    yield "png-palette", "PNG", rgb.convert("P"), {"transparency": 3}
    yield "png-16", "PNG", Image.fromarray(np.arange(61 * 43, dtype=np.uint16).reshape(43, 61)), {}
    yield "apng", "PNG", frames[0], animated
    yield "gif", "GIF", rgb, {}
    yield "gif-animated", "GIF", frames[0], animated
    yield "webp", "WEBP", alpha, {}
    yield "webp-lossless", "WEBP", alpha, {"lossless": True}
    yield "webp-animated", "WEBP", frames[0], animated
    yield "avif", "AVIF", rgb, {"speed": 10}
    yield "bmp", "BMP", rgb, {}
    yield "bmp-palette", "BMP", rgb.convert("P"), {}
    yield "dib", "DIB", rgb, {}
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
        yield f"tiff-{compression}", "TIFF", rgb, {"compression": compression}
    yield "tiff-group4", "TIFF", rgb.convert("1"), {"compression": "group4"}
    yield "tiff-float", "TIFF", rgb.convert("F"), {}
    yield "tiff-pages", "TIFF", frames[0], animated
    yield "jpeg2000", "JPEG2000", rgb, {}
    yield "jpeg2000-tiles", "JPEG2000", rgb, {"tile_size": (32, 32), "num_resolutions": 2}
    yield "ico", "ICO", alpha, {"sizes": [(16, 16), (32, 32)]}
    yield "ico-bmp", "ICO", alpha, {"sizes": [(32, 32)], "bitmap_format": "bmp"}
    yield "icns", "ICNS", alpha.resize((128, 128)), {}
    yield "ppm", "PPM", rgb, {}
    yield "pgm-16", "PPM", rgb.convert("I"), {}
    yield "pbm", "PPM", rgb.convert("1"), {}
    yield "pfm", "PPM", rgb.convert("F"), {}
    yield "tga", "TGA", alpha, {}
    yield "tga-rle", "TGA", alpha, {"compression": "tga_rle"}
    yield "pcx", "PCX", rgb, {}
    yield "sgi", "SGI", rgb, {}
    yield "sgi-16", "SGI", rgb, {"bpc": 2}
    yield "dds", "DDS", alpha, {}
    yield "dds-dxt5", "DDS", alpha, {"pixel_format": "DXT5"}
    yield "qoi", "QOI", alpha, {}
    yield "xbm", "XBM", rgb.convert("1"), {}


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0110] = 6, "Maker", "Model"
    exif.get_ifd(0x8769)[0x9003] = "2020:05:13 11:09:28"
    return exif


@cache
def whole_pictures() -> tuple[Picture, ...]:
    """One of each sort, undamaged; sorts that this build of Pillow can't write are left out."""
    found = []
    for name, kind, image, options in _variants():
        stream = BytesIO()
        try:
            image.save(stream, kind, **options)
        except (OSError, KeyError, ValueError):
            continue
        found.append(Picture(name, stream.getvalue()))
    return tuple(found)


def mutated(count: int, seed: int = 0) -> Iterator[Picture]:
    """`count` damaged pictures of every sort, with every sort of damage; the same ones for a seed."""
    chance = random.Random(seed)
    whole = whole_pictures()
    for number in range(count):
        picture = whole[number % len(whole)]
        data = bytearray(picture.data)
        names = []
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            damage = chance.choice(_DAMAGE)
            damage(data, chance)
            names.append(damage.__name__.removeprefix("_"))
        yield Picture(f"{number}-{picture.name}-{'+'.join(names)}", bytes(data))


def _flip(data: bytearray, chance: random.Random) -> None:
    """Bits anywhere."""
    for _ in range(chance.choice((1, 1, 8, 64))):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _flip_header(data: bytearray, chance: random.Random) -> None:
    """Bits where sizes and counts stand."""
    for _ in range(chance.choice((1, 2, 4))):
        if data:
            data[chance.randrange(min(len(data), 128))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    """The end is missing."""
    del data[chance.randrange(len(data) + 1) :]


def _number(data: bytearray, chance: random.Random) -> None:
    """A number, which may be a size, an offset or a count, has an extreme value."""
    width = chance.choice((1, 2, 4))
    if len(data) > width:
        place = chance.randrange(min(len(data) - width, chance.choice((64, 512, len(data)))) or 1)
        value = chance.choice(_NUMBERS) & ((1 << 8 * width) - 1)
        data[place : place + width] = value.to_bytes(width, chance.choice(("little", "big")))


def _splice(data: bytearray, chance: random.Random) -> None:
    """A piece of another picture stands somewhere."""
    other = chance.choice(whole_pictures()).data
    start = chance.randrange(len(other))
    piece = other[start : start + chance.randrange(1, 400)]
    place = chance.randrange(len(data) + 1)
    data[place : place + chance.choice((0, len(piece)))] = piece


def _repeat(data: bytearray, chance: random.Random) -> None:
    """A piece is there twice, or many times."""
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randrange(1, 200)]
    data[start:start] = piece * chance.choice((1, 1, 50))


def _blank(data: bytearray, chance: random.Random) -> None:
    """A stretch was never written to the disk."""
    start = chance.randrange(len(data) + 1)
    length = min(chance.randrange(1, 600), len(data) - start)
    data[start : start + length] = bytes((chance.choice((0, 255)),)) * length


_DAMAGE: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_flip, _flip_header, _cut, _number, _splice, _repeat, _blank),
)
