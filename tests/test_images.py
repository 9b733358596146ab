"""Pictures of every kind in, the right pixels out."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageOps, TiffImagePlugin

from pixie import images
from pixie.suffixes import PICTURE_SUFFIXES, RAW_SUFFIXES
from sample_pictures import PLAIN, SIDE, drawing, encoded, error_of, expected, photograph, pixels_of

if TYPE_CHECKING:
    from pathlib import Path


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
    others = {".heic", ".heif", ".hif", ".avifs", ".jpc", ".mpo"}
    assert PICTURE_SUFFIXES - known - RAW_SUFFIXES <= others
    assert all(suffix == suffix.lower() for suffix in PICTURE_SUFFIXES)


def test_formats_that_run_other_programs_are_not_opened() -> None:
    assert not {"EPS", "WMF", "PDF"} & set(images.FORMATS)
    assert error_of(encoded(drawing(), "EPS")).code == "not_an_image"


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
    assert one.sha256 == images.decode(drawing(), PLAIN)[1].sha256
    assert one.sha256 != other.sha256


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
    (tmp_path / "cut.jpg").write_bytes(encoded(drawing(), "JPEG")[:-100])
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
