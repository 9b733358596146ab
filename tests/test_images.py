"""Pictures of every kind in, the right pixels or a reason out."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, ImageOps, PngImagePlugin, TiffImagePlugin

import transformers_reference as reference
from pixie import images, picture_file
from pixie.checkpoint import Checkpoint
from pixie.errors import ImageError, InvalidInputError, ModelError
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


# Formats


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM", "TGA", "PCX", "SGI", "DDS", "QOI", "DIB"])
def test_a_lossless_format_gives_the_exact_pixels(format: str) -> None:  # noqa: A002
    np.testing.assert_array_equal(pixels_of(encoded(drawing(), format)), expected(drawing()))


def test_an_icon_gives_its_largest_picture() -> None:
    data = encoded(drawing(48, 48), "ICO", sizes=[(16, 16), (48, 48)])
    np.testing.assert_array_equal(pixels_of(data), expected(drawing(48, 48)))


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}]
)
def test_lossless_compressions_give_the_exact_pixels(options: dict[str, Any]) -> None:
    kind = "WEBP" if "lossless" in options else "TIFF"
    np.testing.assert_array_equal(pixels_of(encoded(drawing(), kind, **options)), expected(drawing()))


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "JPEG2000", "MPO"])
def test_a_lossy_format_gives_nearly_the_pixels(format: str) -> None:  # noqa: A002
    picture = photograph(90, 70)
    difference = np.abs(pixels_of(encoded(picture, format, quality=95)) - expected(picture))
    assert difference.mean() < 4


def test_a_progressive_jpeg_gives_nearly_the_pixels() -> None:
    picture = photograph(300, 200)
    difference = pixels_of(encoded(picture, "JPEG", progressive=True, quality=95)) - expected(picture)
    assert np.abs(difference).mean() < 4


def test_every_suffix_is_one_that_pillow_knows_or_is_named_as_unsupported() -> None:
    Image.init()
    known = {suffix for suffix, kind in Image.registered_extensions().items() if kind in images.FORMATS}
    # .avifs: image sequences, which Pillow reads and does not register everywhere; .jfif likewise.
    assert images.PICTURE_SUFFIXES - known <= {".heic", ".heif", ".avifs", ".jpc", ".mpo"}
    assert all(suffix == suffix.lower() for suffix in images.PICTURE_SUFFIXES)


def test_formats_that_run_other_programs_are_not_opened() -> None:
    assert not {"EPS", "WMF", "PDF"} & set(images.FORMATS)
    assert error_of(encoded(drawing(), "EPS")).code == "not_an_image"


# Modes


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


# Orientation and animation


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_turned_picture_is_seen_upright(turn: int, format: str) -> None:  # noqa: A002
    upright = drawing(64, 48)
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(turn, turn)
    exif = Image.Exif()
    exif[0x0112] = back
    stored = ImageOps.exif_transpose(with_exif(upright, exif))
    exif[0x0112] = turn
    options = {"lossless": True} if format == "WEBP" else {"quality": 95} if format == "JPEG" else {}
    found, info = images.decode(encoded(stored, format, exif=exif, **options), PLAIN)
    assert (info.width, info.height) == upright.size
    assert np.abs(found - expected(upright)).mean() < 6


def with_exif(picture: Image.Image, exif: Image.Exif) -> Image.Image:
    return Image.open(BytesIO(encoded(picture, "PNG", exif=exif)))


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"]
)
def test_damaged_exif_leaves_the_picture_as_it_is(exif: bytes) -> None:
    data = encoded(drawing(), "JPEG", quality=95, exif=exif)
    assert images.decode(data, PLAIN)[1].width == 60


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_first_frame_that_is_not_blank_counts(format: str) -> None:  # noqa: A002
    blank = Image.new("RGB", (60, 40), (255, 255, 255))
    frames = [blank, blank, drawing(), ImageOps.mirror(drawing())]
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    wanted = drawing().quantize(256) if format == "GIF" else drawing()
    assert np.abs(pixels_of(data) - expected(wanted)).mean() < 6


def test_of_frames_that_are_all_blank_the_first_counts() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert pixels_of(data)[0, 0].tolist() == [255, 0, 0]


def test_a_still_picture_of_one_colour_is_taken() -> None:
    assert (pixels_of(encoded(Image.new("RGB", (9, 9), "teal"))) == [0, 128, 128]).all()


# Size


@pytest.mark.parametrize(
    "size", [(60, 40), (40, 60), (32, 32), (33, 32), (31, 90), (5, 7), (1, 1), (1, 9), (250, 33)]
)
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}},
        {"size": 36, "crop_size": 32, "resample": 2},
        {"size": {"height": 32, "width": 32}, "do_center_crop": False},
        {"size": {"height": 50, "width": 37}},
        {"do_resize": False},
        {"size": {"shortest_edge": 20}, "crop_size": 32},
        {"do_normalize": False},
        {"do_rescale": False, "do_normalize": False},
        {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7], "resample": 1},
    ],
    ids=str,
)
def test_small_pictures_have_exactly_the_pixels_transformers_makes(
    tmp_path: Path, size: tuple[int, int], config: dict[str, Any]
) -> None:
    import json

    base = {"image_processor_type": "CLIPImageProcessor", "size": 32, "crop_size": 32}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(base | config))
    picture = drawing(*size)
    preprocessing = Preprocessing.parse(base | config, SIDE)
    found = preprocessing.normalized(images.decode(encoded(picture), preprocessing)[0][None])
    np.testing.assert_allclose(
        found, reference.pixel_values(tmp_path, [picture]).numpy(), atol=2e-6, rtol=1e-6
    )


@pytest.mark.parametrize(
    "config",
    [
        {"size": 64, "crop_size": 48},
        {"do_center_crop": False},
        {"size": {"longest_edge": 32}},
        {"image_std": [1, 0, 1]},
        {"image_mean": [0.5]},
    ],
)
def test_preprocessing_that_cannot_lead_to_the_towers_input_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        Preprocessing.parse(config, SIDE)
    assert caught.value.code == "unsupported"


def test_a_very_long_strip_is_resized_only_where_it_is_kept() -> None:
    strip = photograph(9 * SIDE + 5, SIDE)
    whole = strip.resize((9 * SIDE + 5, SIDE), Image.Resampling.BICUBIC)
    left = (whole.width - SIDE) // 2
    difference = pixels_of(encoded(strip)) - np.asarray(whole)[:, left : left + SIDE].astype(int)
    assert np.abs(difference).max() <= 1
    assert pixels_of(encoded(Image.new("RGB", (60_000, 1), "navy"))).shape == (SIDE, SIDE, 3)


def test_shrinking_a_large_jpeg_while_decoding_changes_next_to_nothing() -> None:
    picture = photograph(2000, 1500)
    data = encoded(picture, "JPEG", quality=92)
    with Image.open(BytesIO(data)) as full:
        exact = PLAIN.frame(full.convert("RGB")).astype(float)
    found = images.decode(data, PLAIN)[0].astype(float)
    assert np.abs(found - exact).mean() < 1.5


def test_the_size_reported_is_that_of_the_whole_picture() -> None:
    info = images.decode(encoded(photograph(2000, 1500), "JPEG"), PLAIN)[1]
    assert (info.width, info.height, info.format) == (2000, 1500, "JPEG")


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
    assert str(images.MAX_PIXELS) in error.message


def test_the_pixel_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(drawing(60, 40))
    assert error_of(data, max_pixels=2399).code == "too_large"
    assert images.decode(data, PLAIN, max_pixels=2400)[1].width == 60
    monkeypatch.setenv("PIXIE_MAX_PIXELS", "2399")
    assert error_of(data).code == "too_large"
    monkeypatch.setenv("PIXIE_MAX_PIXELS", "many")
    assert images.pixel_limit() == images.MAX_PIXELS


def test_pictures_above_pillows_own_limit_are_read(capfd: pytest.CaptureFixture[str]) -> None:
    data = encoded(Image.new("1", (19_000, 10_000), 1))
    assert images.decode(data, PLAIN)[1].width == 19_000
    assert capfd.readouterr() == ("", "")


# What is no picture


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


def test_a_heic_picture_is_unsupported_and_the_error_says_what_to_do() -> None:
    error = error_of(b"\0\0\0\x18ftypheic" + b"\0" * 200)
    assert error.code == "unsupported"
    assert error.fix is not None
    assert "JPEG" in error.fix


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


# Files


def test_a_file_gives_its_hash_size_and_time(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(encoded(drawing()))
    info = images.decode(file, PLAIN)[1]
    status = file.stat()
    assert (info.size, info.mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert (
        info.hash
        == picture_file.content_hash(file.read_bytes())
        == images.decode(file.read_bytes(), PLAIN)[1].hash
    )
    assert len(info.hash) == 32


def test_a_file_is_read_once_so_that_hash_and_pixels_agree(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(encoded(drawing()))
    read = picture_file.PictureFile.read(file)
    file.write_bytes(encoded(ImageOps.invert(drawing())))
    found, info = images.decode(read, PLAIN)
    assert info.hash == read.hash
    np.testing.assert_array_equal(found, expected(drawing()))


@pytest.mark.parametrize("name", ["missing.png", "a.png/below.png", "nul\0.png", "half\ud83d.png"])
def test_a_file_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(encoded(drawing()))
    error = error_of(f"{tmp_path}/{name}")
    assert error.code == "missing"
    assert error.item == f"{tmp_path}/{name}"


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert error_of(tmp_path / "a.png").code == "empty"
    assert error_of(b"").code == "empty"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(drawing()))
    (tmp_path / "a.png").chmod(0)
    assert error_of(tmp_path / "a.png").code == "unreadable"


def test_a_folder_a_pipe_a_socket_and_a_device_are_unreadable_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may have 107 characters only
        try:
            listening.bind("socket.png")
        finally:
            os.chdir(here)
        for path in (tmp_path, tmp_path / "pipe.png", tmp_path / "socket.png", "/dev/zero", "/dev/tty"):
            if Path(path).exists():
                assert error_of(path).code == "unreadable", path


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(picture_file.MAX_FILE_BYTES + 1)
    assert error_of(tmp_path / "a.png").code == "too_large"


def test_the_error_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    error = error_of(tmp_path / "notes.png")
    assert error.item == str(tmp_path / "notes.png")
    assert str(tmp_path / "notes.png") in error.message


# Pictures in memory


def test_an_open_picture_is_left_as_it_is() -> None:
    picture = Image.open(BytesIO(encoded(drawing(2000, 1500), "JPEG")))
    images.decode(picture, PLAIN)
    assert picture.size == (2000, 1500)
    assert picture.mode == "RGB"


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3), (40, 60, 4)])
def test_an_array_of_pixels_is_a_picture(shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, 200, np.uint8)
    pixels[..., -1] = 255
    assert pixels_of(pixels).shape == (SIDE, SIDE, 3)


def test_an_array_seen_through_a_stride_is_read_right() -> None:
    pixels = np.asarray(drawing())
    np.testing.assert_array_equal(pixels_of(pixels[:, ::-1]), expected(ImageOps.mirror(drawing())))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 3)),
        np.zeros((4,), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    assert error_of(pixels).code == "unsupported"


def test_pictures_in_memory_have_a_hash_of_their_pixels() -> None:
    one, other = images.decode(drawing(), PLAIN)[1], images.decode(ImageOps.mirror(drawing()), PLAIN)[1]
    assert one.hash == images.decode(drawing(), PLAIN)[1].hash
    assert one.hash != other.hash


def test_decoding_runs_on_many_threads_at_once(tmp_path: Path) -> None:
    files = []
    for number in range(12):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(encoded(photograph(200, 150, number), "JPEG"))
        files.append(file)
    alone = [pixels_of(file) for file in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(pixels_of, files * 4))
    for number, found in enumerate(together):
        np.testing.assert_array_equal(found, alone[number % len(files)])
    assert threading.active_count() < 20


def test_pillow_says_nothing_on_stdout_or_stderr(tmp_path: Path) -> None:
    """Damaged EXIF, odd palettes and bad TIFF tags make Pillow and its C libraries warn."""
    palette = Image.new("P", (9, 9))
    palette.putpalette([0, 0, 0, 255, 255, 255])
    palette.save(tmp_path / "palette.png", transparency=b"\0\x80")
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[65000] = "odd"
    drawing().save(tmp_path / "tags.tif", tiffinfo=tags, compression="tiff_lzw")
    whole = (tmp_path / "tags.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) * 2 // 3])
    drawing().save(tmp_path / "exif.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff garbage")
    (tmp_path / "cut.jpg").write_bytes(WHOLE["JPEG"][:-500])
    Image.new("1", (12_000, 10_000)).save(tmp_path / "large.png")
    code = """
import sys
from pathlib import Path
from pixie import images
from pixie.errors import ImageError
from pixie.preprocessing import Preprocessing
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        images.decode(file, Preprocessing.parse({}, 32))
    except ImageError:
        pass
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_memory_stays_level_over_many_pictures(tmp_path: Path) -> None:
    """Thirty pictures of 6 megapixels leave no more behind than five do."""
    photograph(3000, 2000).save(tmp_path / "a.jpg")
    code = """
import resource, sys
from pixie import images
from pixie.preprocessing import Preprocessing
def peak(count):
    for _ in range(count):
        images.decode(sys.argv[1], Preprocessing.parse({}, 32))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first = peak(5)
print(peak(30) - first)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.jpg")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert int(done.stdout) < 20_000


def test_preprocessing_of_the_demo_model_is_read(tmp_path: Path) -> None:
    settings = Checkpoint.open("demo").preprocessing
    assert (settings.side, settings.shortest_edge, settings.crop) == (64, 64, True)


def test_a_checkpoint_that_keeps_its_processors_in_one_file_is_read(tiny: Path, tmp_path: Path) -> None:
    import json

    folder = Path(shutil.copytree(tiny, tmp_path / "clip"))
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings["size"] = {"shortest_edge": 48}
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": settings}))
    assert Checkpoint.open(folder).preprocessing.shortest_edge == 48
