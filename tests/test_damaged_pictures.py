"""What is no picture, is too large or is damaged: a reason, never a crash."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from pixie import images, picture_limits
from pixie.errors import ImageError
from sample_pictures import PLAIN, SIDE, drawing, encoded, error_of, photograph


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(20_000, 20_000), (65_000, 65_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_over_the_pixel_limit_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    error = error_of(png_header(*size))
    assert error.code == "too_large"
    assert str(picture_limits.MAX_PIXELS) in error.message


def test_the_pixel_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(drawing(60, 40))
    assert error_of(data, max_pixels=2399).code == "too_large"
    assert images.decode(data, PLAIN, max_pixels=2400)[1].width == 60
    monkeypatch.setenv("PIXIE_MAX_PIXELS", "2399")
    assert error_of(data).code == "too_large"
    monkeypatch.setenv("PIXIE_MAX_PIXELS", "many")
    assert picture_limits.pixel_limit() == picture_limits.MAX_PIXELS


def test_pictures_above_pillows_own_limit_are_read(capfd: pytest.CaptureFixture[str]) -> None:
    data = encoded(Image.new("1", (19_000, 10_000), 1))
    assert images.decode(data, PLAIN)[1].width == 19_000
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"hello world\n" * 50,
        b"\0" * 1000,
        b"%PDF-1.7\n" + b"x" * 99,
        b"<svg></svg>",
        b"PK\x03\x04" + b"\0" * 99,
    ],
)
def test_what_is_no_picture_is_said_to_be_none(data: bytes) -> None:
    assert error_of(data).code == "not_an_image"


WHOLE = {
    format: encoded(photograph(120, 90), format)
    for format in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG2000", "AVIF")  # noqa: A001
}


@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_file_cut_short_is_truncated(format: str, part: float) -> None:  # noqa: A002
    data = WHOLE[format]
    assert error_of(data[: max(12, int(len(data) * part))]).code == "truncated"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    format=st.sampled_from(sorted(WHOLE)),
    position=st.floats(0, 1, exclude_max=True),
    patch=st.binary(min_size=1, max_size=40),
)
def test_damage_anywhere_gives_pixels_or_a_reason(format: str, position: float, patch: bytes) -> None:  # noqa: A002
    data = bytearray(WHOLE[format])
    start = int(position * len(data))
    data[start : start + len(patch)] = patch
    try:
        assert images.decode(bytes(data), PLAIN)[0].shape == (SIDE, SIDE, 3)
    except ImageError as error:
        assert error.code in {"truncated", "not_an_image", "too_large", "unsupported"}


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_give_pixels_or_a_reason(data: bytes) -> None:
    try:
        images.decode(data, PLAIN)
    except ImageError as error:
        assert error.code in {"truncated", "not_an_image", "too_large", "unsupported", "empty"}


def test_a_png_bomb_of_text_is_an_error_and_no_flood() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "A" * (70 << 20), zip=True)
    assert error_of(encoded(drawing(), "PNG", pnginfo=info)).code in {"truncated", "unsupported"}
