"""Every mode of pixels, to the colours that a viewer shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from pixie import images
from pixie.preprocessing import Preprocessing
from sample_pictures import SIDE, drawing, encoded, expected, pixels_of


def test_a_palette_is_looked_up() -> None:
    picture = drawing().quantize(16)
    np.testing.assert_array_equal(pixels_of(encoded(picture)), expected(picture))


@pytest.mark.parametrize("mode", ["L", "1"])
def test_greys_become_equal_channels(mode: str) -> None:
    picture = drawing().convert(mode)
    np.testing.assert_array_equal(pixels_of(encoded(picture)), expected(picture))


def with_alpha(mode: str) -> Image.Image:
    picture = drawing().convert(mode)
    alpha = Image.linear_gradient("L").resize(picture.size)
    picture.putalpha(alpha)
    return picture


def over_white(picture: Image.Image) -> np.ndarray:
    rgba = np.asarray(picture.convert("RGBA")).astype(float)
    alpha = rgba[..., 3:] / 255
    return rgba[..., :3] * alpha + 255 * (1 - alpha)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_transparent_parts_show_white(mode: str, format: str) -> None:  # noqa: A002
    picture = with_alpha(mode)
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    whole = images.decode(encoded(picture, format, **options), Preprocessing.parse({}, SIDE))[0]
    flat = Image.fromarray(over_white(picture).round().astype(np.uint8))
    assert np.abs(whole.astype(int) - expected(flat)).max() <= 2


@pytest.mark.parametrize("mode", ["RGBa", "La", "PA"])
def test_a_picture_of_premultiplied_or_palette_alpha_shows_white_where_it_is_clear(mode: str) -> None:
    plain = with_alpha("L" if mode == "La" else "RGB")
    picture = plain.convert("P").convert("PA") if mode == "PA" else plain.convert(mode)
    flat = Image.fromarray(
        over_white(picture.convert("LA") if mode == "La" else picture).round().astype(np.uint8)
    )
    assert np.abs(pixels_of(picture) - expected(flat)).max() <= 3


def test_a_palette_with_a_transparent_entry_shows_white_there() -> None:
    picture = Image.new("P", (40, 40), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(1, (0, 0, 20, 40))
    found = pixels_of(encoded(picture, "GIF", transparency=0))
    np.testing.assert_array_equal(found[SIDE // 2, 2], [255, 0, 0])
    np.testing.assert_array_equal(found[SIDE // 2, -3], [255, 255, 255])


@pytest.mark.parametrize(("mode", "clear"), [("RGB", (0, 0, 0)), ("L", 0)])
def test_a_colour_that_png_names_transparent_shows_white(mode: str, clear: Any) -> None:
    picture = Image.new(mode, (40, 40), clear)
    found = pixels_of(encoded(picture, "PNG", transparency=clear))
    assert found.min() == 255


def test_cmyk_is_converted() -> None:
    picture = drawing().convert("CMYK")
    np.testing.assert_array_equal(pixels_of(encoded(picture, "TIFF")), expected(drawing()))


def test_the_inverted_cmyk_of_adobe_jpegs_has_its_colours() -> None:
    data = encoded(Image.new("RGB", (64, 64), (250, 240, 10)).convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    np.testing.assert_allclose(pixels_of(data)[SIDE // 2, SIDE // 2], [250, 240, 10], atol=6)


def test_lab_is_converted() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    colour = Image.new("RGB", (64, 64), (200, 60, 30))
    picture = ImageCms.profileToProfile(colour, srgb, lab, outputMode="LAB")
    assert picture is not None
    np.testing.assert_allclose(pixels_of(encoded(picture, "TIFF"))[0, 0], [200, 60, 30], atol=3)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_greys_keep_their_range(format: str) -> None:  # noqa: A002
    grey = np.asarray(drawing().convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    difference = pixels_of(encoded(deep, format)) - expected(Image.fromarray(grey))
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (lambda grey: grey.astype(np.int32), "8 bits in 32"),
        (lambda grey: grey.astype(np.int32) * 257, "16 bits in 32"),
        (lambda grey: (grey.astype(np.int32) - 128) * 10_000_000, "the whole range"),
        (lambda grey: (grey / 255).astype(np.float32), "floats to 1"),
        (lambda grey: grey.astype(np.float32), "floats to 255"),
        (lambda grey: grey.astype(np.float32) * 1e9 - 3e10, "floats of any range"),
    ],
)
def test_deep_greys_are_scaled_to_what_they_show(values: Any, kind: str) -> None:
    grey = np.asarray(drawing().convert("L"))
    grey = (grey.astype(int) * 255 // grey.max()).astype(np.uint8)
    assert grey.min() == 0
    picture = Image.fromarray(values(grey))
    assert picture.mode in {"I", "F"}
    difference = pixels_of(encoded(picture, "TIFF")) - expected(Image.fromarray(grey))
    assert np.abs(difference).max() <= 1


def test_floats_that_are_no_numbers_count_as_black() -> None:
    values = np.full((40, 40), np.nan, np.float32)
    values[:, :20] = 1
    values[0, 0] = np.inf
    found = pixels_of(encoded(Image.fromarray(values), "TIFF"))
    assert found[16, 2].tolist() == [255] * 3
    assert found[16, -2].tolist() == [0] * 3


def test_an_array_of_one_grey_is_no_division_by_zero() -> None:
    assert pixels_of(Image.fromarray(np.full((8, 8), -5.0, np.float32))).max() == 0
