"""Drawing emoji glyphs, SVG files and coloured shapes as small square RGBA pictures."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .categories import COLOURS

if TYPE_CHECKING:
    from pathlib import Path

Picture = NDArray[np.uint8]  # [SIZE, SIZE, 4], colours premultiplied by alpha

SIZE = 72  # stored size; the model sees 64 after random placement
MARGIN = 1.08
SHAPES = "circle square triangle star heart diamond ring cross hexagon crescent rectangle oval".split()


def fit(image: Image.Image, size: int = SIZE) -> Image.Image | None:
    """Crop to what is drawn and centre it on a square with a small margin; None if nothing is drawn."""
    box = image.getchannel("A").point(lambda v: 255 * (v > 8)).getbbox()
    if not box:
        return None
    image = image.crop(box)
    square = Image.new("RGBA", (int(max(image.size) * MARGIN) + 1,) * 2)
    square.paste(image, ((square.width - image.width) // 2, (square.height - image.height) // 2))
    filter_ = Image.Resampling.BOX if square.width > 2 * size else Image.Resampling.BICUBIC
    return square.convert("RGBa").resize((size, size), filter_)


def _picture(image: Image.Image) -> Picture | None:
    fitted = fit(image)
    return None if fitted is None else np.asarray(fitted)


def svg_image(
    *, path: Path | None = None, text: str | None = None, width: int = 2 * SIZE
) -> Image.Image | None:
    """Draw an SVG file or text at this width; None if the renderer refuses it."""
    import resvg_py

    source = {"svg_path": str(path)} if path else {"svg_string": text}
    try:
        png = resvg_py.svg_to_bytes(width=width, skip_system_fonts=True, **source)
        return Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    except (ValueError, OSError):  # a few old clip-art files are not valid SVG
        return None


def svg(path: Path) -> Picture | None:
    """Draw an SVG file, or return None if it shows nothing."""
    image = svg_image(path=path)
    return None if image is None else _picture(image)


def icon(body: str, width: int, height: int) -> Picture | None:
    """Draw the body of an Iconify icon."""
    head = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="#222"'
    image = svg_image(
        text=f'<svg {head} width="{width}" height="{height}" viewBox="0 0 {width} {height}">{body}</svg>'
    )
    return None if image is None else _picture(image)


class NotoFont:
    """Noto Color Emoji's bitmaps (136x128, stored for size 109)."""

    STRIKE = 109

    def __init__(self, path: Path) -> None:
        # RAQM joins sequences (families, flags) into one glyph; without it they come out as parts.
        self._font = ImageFont.truetype(str(path), self.STRIKE, layout_engine=ImageFont.Layout.RAQM)

    def image(self, emoji: str) -> Image.Image | None:
        """Draw one emoji, or return None where the font has no single glyph for it."""
        if self._font.getlength(emoji) > 170:  # more than one glyph wide
            return None
        image = Image.new("RGBA", (180, 180))
        ImageDraw.Draw(image).text((10, 10), emoji, font=self._font, embedded_color=True)
        return image

    def draw(self, emoji: str) -> Picture | None:
        """As `image`, fitted; None too for a missing glyph's empty box (fewer than four colours)."""
        image = self.image(emoji)
        fitted = None if image is None else _picture(image)
        if fitted is None or len(np.unique(fitted.reshape(-1, 4), axis=0)) < 4:
            return None
        return fitted


def _corners(n: int, radius: float, inner: float | None = None) -> list[tuple[float, float]]:
    at = [(inner if inner and i % 2 else radius, math.radians(360 * i / n - 90)) for i in range(n)]
    return [(144 + r * math.cos(a), 144 + r * math.sin(a)) for r, a in at]


def shape(name: str, colour: str) -> Picture:
    """Draw one of SHAPES in one of COLOURS."""
    image = Image.new("RGBA", (288, 288))
    draw, fill = ImageDraw.Draw(image), (*COLOURS[colour], 255)
    polygons = {
        "triangle": (3, 120, None),
        "diamond": (4, 120, None),
        "hexagon": (6, 120, None),
        "star": (10, 130, 55),
    }
    boxes = {"square": (34, 34, 254, 254), "rectangle": (14, 80, 274, 208)}
    if name in polygons:
        draw.polygon(_corners(*polygons[name]), fill=fill)
    elif name in boxes:
        draw.rectangle(boxes[name], fill=fill)
    elif name == "oval":
        draw.ellipse((14, 70, 274, 218), fill=fill)
    elif name == "ring":
        draw.ellipse((24, 24, 264, 264), outline=fill, width=44)
    elif name == "cross":
        draw.rectangle((110, 24, 178, 264), fill=fill)
        draw.rectangle((24, 110, 264, 178), fill=fill)
    elif name == "heart":
        draw.ellipse((30, 40, 148, 158), fill=fill)
        draw.ellipse((140, 40, 258, 158), fill=fill)
        draw.polygon([(40, 128), (248, 128), (144, 258)], fill=fill)
    else:
        draw.ellipse((24, 24, 264, 264), fill=fill)
        if name == "crescent":
            draw.ellipse((84, 14, 290, 220), fill=(0, 0, 0, 0))
    return np.asarray(image.convert("RGBa").resize((SIZE, SIZE), Image.Resampling.BOX))


def colour_shares(picture: Picture) -> list[float]:
    """Return the share of each of COLOURS, in order, among the opaque pixels; zeros if hardly any are."""
    opaque = picture[..., 3] > 128
    if opaque.sum() < 30:
        return [0.0] * len(COLOURS)
    rgb = picture[..., :3][opaque].astype(np.float32) / 255
    high, low = rgb.max(1), rgb.min(1)
    spread = high - low
    r, g, b = rgb.T
    hue = np.where(high == r, (g - b) / (spread + 1e-6) % 6, (r - g) / (spread + 1e-6) + 4)
    hue = 60 * np.where((high == g) & (high != r), (b - r) / (spread + 1e-6) + 2, hue)
    saturation = spread / (high + 1e-6)
    names = np.full(len(r), "gray", dtype="U8")
    hues = {"red": (0, 16), "orange": (16, 40), "yellow": (40, 68), "green": (68, 165), "blue": (165, 255)}
    for name, (start, end) in {**hues, "purple": (255, 300), "pink": (300, 345)}.items():
        names[(hue >= start) & (hue < end)] = name
    names[hue >= 345] = "red"
    names[((hue < 16) | (hue >= 340)) & (saturation < 0.55) & (high > 0.8)] = "pink"
    names[(hue >= 5) & (hue < 45) & (high < 0.68) & (saturation > 0.3)] = "brown"
    names[saturation < 0.18] = "gray"
    names[(saturation < 0.12) & (high > 0.85)] = "white"
    names[high < 0.22] = "black"
    return [float((names == colour).mean()) for colour in COLOURS]
