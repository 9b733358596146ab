"""Files that were made to cost much, or have a picture's name alone: each is refused, and the run goes on."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import PngImagePlugin

import pixie
from conftest import ROOT
from mutated_pictures import mutated, whole_pictures
from pixie import images
from pixie.errors import ImageError
from pixie.picture_limits import Room, pixel_limit
from sample_pictures import PLAIN, SIDE, drawing, encoded, error_of, photograph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REASONS = {"truncated", "not_an_image", "too_large", "too_slow", "unsupported", "empty"}


def png_claiming(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bmp_claiming(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def tiff_claiming(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (279, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0\0\0\0"


def jpeg2000_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(drawing(), "JPEG2000", no_jp2=True))
    data[8:16] = struct.pack(">II", width, height)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return (
        b"RIFF"
        + struct.pack("<I", 100)
        + b"WEBPVP8X"
        + struct.pack("<I", 10)
        + b"\0\0\0\0"
        + size
        + bytes(70)
    )


@pytest.mark.parametrize(
    "claiming", [png_claiming, bmp_claiming, tiff_claiming, jpeg2000_claiming, webp_claiming]
)
def test_a_picture_that_claims_100_000_by_100_000_pixels_is_refused(
    claiming: Callable[[int, int], bytes],
) -> None:
    assert error_of(claiming(100_000, 100_000)).code == "too_large"


def icon_around(picture: bytes) -> bytes:
    """An icon of 16 x 16 by its directory, with another picture in it."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(picture), 22) + picture


def test_a_picture_within_an_icon_is_held_to_the_limit() -> None:
    assert error_of(icon_around(png_claiming(20_000, 20_000))).code == "too_large"
    assert error_of(icon_around(encoded(drawing(60, 40))), max_pixels=2399).code == "too_large"
    assert images.decode(icon_around(encoded(drawing(60, 40))), PLAIN)[0].shape == (SIDE, SIDE, 3)


def test_an_apple_icons_inner_picture_is_held_to_the_limit() -> None:
    inner = png_claiming(30_000, 30_000)
    block = b"ic10" + struct.pack(">I", 8 + len(inner)) + inner
    assert error_of(b"icns" + struct.pack(">I", 8 + len(block)) + block).code == "too_large"


# 4 megapixels each, which Pillow decodes pixel by pixel in Python.
WIDTH, HEIGHT = 2000, 2000
PIXELS = bytes(WIDTH * HEIGHT * 3)


def run_length_bmp() -> bytes:
    lines = (b"\x02\x05" * (WIDTH // 2) + b"\0\0") * HEIGHT + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 8, 1, len(lines), 0, 0, 256, 256)
    return b"BM" + struct.pack("<IHHI", 1078 + len(lines), 0, 0, 1078) + header + bytes(1024) + lines


def masked_dds() -> bytes:
    header = struct.pack("<IIIIIII", 124, 0x100F, HEIGHT, WIDTH, WIDTH * 2, 0, 0) + bytes(44)
    masks = struct.pack("<IIIIIIII", 32, 0x40, 0, 16, 0xF800, 0x7E0, 0x1F, 0) + bytes(20)
    return b"DDS " + header + masks + PIXELS[: WIDTH * HEIGHT * 2]


SLOW = {
    "qoi": b"qoif" + struct.pack(">IIBB", WIDTH, HEIGHT, 3, 0) + b"\xfe\x01\x02\x03" * (WIDTH * HEIGHT),
    "ppm": b"P6 %d %d 254\n" % (WIDTH, HEIGHT) + PIXELS,
    "plain ppm": b"P3 %d %d 255\n" % (WIDTH, HEIGHT) + b"1 " * len(PIXELS),
    "bmp": run_length_bmp(),
    "dds": masked_dds(),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_picture_that_takes_too_long_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXIE_MAX_SECONDS", "1")
    error = error_of(SLOW[name])
    assert error.code == "too_slow"
    assert "PIXIE_MAX_SECONDS" in (error.fix or "")


def test_pages_are_not_counted_for_a_picture_that_shows_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """A TIFF with 400,000 empty pages after the first: counting them takes many times the limit."""
    data = bytearray(encoded(photograph(60, 40), "TIFF"))
    place = len(data)
    directory = struct.unpack_from("<I", data, 4)[0]
    entries = struct.unpack_from("<H", data, directory)[0]
    struct.pack_into("<I", data, directory + 2 + 12 * entries, place)
    page = struct.Struct("<HHHIII")
    data += b"".join(page.pack(1, 256, 4, 1, 1, place + 18 * number) for number in range(1, 400_000))
    monkeypatch.setenv("PIXIE_MAX_SECONDS", "1")
    assert images.decode(bytes(data), PLAIN)[0].shape == (SIDE, SIDE, 3)


def test_a_large_jpeg_2000_is_decoded_at_a_resolution_that_is_enough() -> None:
    picture = photograph(1200, 900)
    pixels, info = images.decode(encoded(picture, "JPEG2000"), PLAIN)
    assert (info.width, info.height) == (1200, 900)
    near = PLAIN.frame(picture).astype(int)
    assert np.abs(pixels.astype(int) - near).mean() < 4
    # One resolution only, and not reduced then.
    flat = encoded(picture, "JPEG2000", num_resolutions=1)
    assert np.abs(images.decode(flat, PLAIN)[0].astype(int) - near).mean() < 2
    assert error_of(flat, max_pixels=2_000_000).code == "too_large"


def test_room_is_shared_and_never_overdrawn() -> None:
    room, guard = Room(100), threading.Lock()
    inside, most = [0], [0]

    def work(pixels: int) -> None:
        for _ in range(200):
            with room.of(pixels):
                with guard:
                    inside[0] += pixels
                    most[0] = max(most[0], inside[0])
                with guard:
                    inside[0] -= pixels

    threads = [threading.Thread(target=work, args=(pixels,)) for pixels in (10, 10, 40, 70, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 100
    with room.of(1000):
        pass


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- by hand -->\n<svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html><svg></svg></html>", "a web page"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript drawing"),
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"PK\x03\x04" + bytes(99), "a ZIP archive"),
        (b"whatever" * 20, "not a picture that Pixie knows"),
    ],
)
def test_what_only_has_a_pictures_name_is_said_to_be_what_it_is(data: bytes, said: str) -> None:
    error = error_of(data)
    assert error.code == "not_an_image"
    assert said in error.message


def long_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "A" * (70 << 20), zip=True)
    return encoded(drawing(), "PNG", pnginfo=info)


def test_one_bad_file_of_every_sort_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXIE_MAX_SECONDS", "1")
    folder = tmp_path / "Pictures"
    folder.mkdir()
    for name in ("a-first", "z-last"):
        drawing().save(folder / f"{name}.png")
    files = {
        "bomb.png": (png_claiming(100_000, 100_000), "too_large"),
        "text.png": (long_text(), "truncated"),
        "slow.qoi": (SLOW["qoi"], "too_slow"),
        "drawing.jpg": (b"<svg/>", "not_an_image"),
        "document.jpg": (b"%PDF-1.7", "not_an_image"),
        "empty.jpg": (b"", "empty"),
        "half.jpg": (encoded(photograph(90, 90), "JPEG")[:900], "truncated"),
        "icon.ico": (icon_around(png_claiming(20_000, 20_000)), "too_large"),
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / "pipe.jpg")
    (folder / "device.jpg").symlink_to("/dev/zero")
    (folder / "loop").symlink_to(folder)
    (folder / "ring.jpg").symlink_to(folder / "ring.jpg")
    raw_name = os.fsencode(folder) + b"/caf\xe9.png"
    with open(raw_name, "wb") as file:
        file.write(encoded(drawing(50, 50)))
    with pixie.open(tmp_path / "photos", model="demo") as photos:
        report = photos.index(folder)
        assert {item.id for item in photos.items()} == {
            *("Pictures/a-first.png", "Pictures/z-last.png", "Pictures/caf\udce9.png")
        }
        reasons = {os.path.basename(failure.path or ""): failure.code for failure in report.failures}
        wanted = {name: code for name, (_, code) in files.items()}
        assert reasons == wanted | {
            "pipe.jpg": "unsupported",
            "device.jpg": "unsupported",
            "ring.jpg": "unreadable",
        }
        assert all(failure.message for failure in report.failures)
        # All of them are on record.
        assert {
            os.path.basename(failure.path or ""): failure.code for failure in photos.failures()
        } == reasons
        assert photos.verify().sound


def test_a_file_that_vanishes_or_shrinks_before_it_is_read_is_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    for name in ("gone", "kept", "shrunk"):
        photograph(80, 60).save(folder / f"{name}.jpg")
    with pixie.open(tmp_path / "photos", model="demo") as photos:
        plan = photos.holdings.plan([str(folder)])
        (folder / "gone.jpg").unlink()
        os.truncate(folder / "shrunk.jpg", 700)
        from pixie.intake import Intake

        report = Intake(photos, batch_size=8).index(plan)
        assert {failure.id: failure.code for failure in report.failures} == {
            "Pictures/gone.jpg": "missing",
            "Pictures/shrunk.jpg": "truncated",
        }
        assert [item.id for item in photos.items()] == ["Pictures/kept.jpg"]


def test_every_sort_of_picture_is_read_when_it_is_whole() -> None:
    assert len(whole_pictures()) > 30
    for picture in whole_pictures():
        assert images.decode(picture.data, PLAIN)[0].shape == (SIDE, SIDE, 3), picture.name


def test_300_damaged_pictures_give_pixels_or_a_reason() -> None:
    """The long form, in processes whose end would be counted, is bench/hostile."""
    seen = set()
    for name, data in mutated(300, seed=1):
        try:
            assert images.decode(data, PLAIN)[0].shape == (SIDE, SIDE, 3), name
            seen.add("pixels")
        except ImageError as error:
            assert error.code in REASONS, name
            assert error.message, name
            seen.add(error.code or "")
    assert {"pixels", "truncated", "not_an_image"} <= seen


def test_the_same_seed_draws_the_same_damage() -> None:
    assert list(mutated(50, seed=3)) == list(mutated(50, seed=3))
    assert [picture.data for picture in mutated(50, seed=3)] != [
        picture.data for picture in mutated(50, seed=4)
    ]


def test_damaged_tiffs_say_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    for picture in mutated(200, seed=2):
        if "tiff" in picture.name:
            try:
                images.decode(picture.data, PLAIN)
            except ImageError:
                continue
    assert capfd.readouterr().err == ""


def test_a_whole_picture_at_the_limit_takes_bounded_memory() -> None:
    """100 million pixels of 16 bits: what is stored, its copy and the RGB, and little more."""
    script = """
import resource, sys
from io import BytesIO
from PIL import Image
from pixie import images
from pixie.preprocessing import Preprocessing
stream = BytesIO()
Image.new("I;16", (10_000, 10_000), 4711).save(stream, "PNG", compress_level=1)
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
open("/proc/self/clear_refs", "w").write("5")
before = peak()
images.decode(stream.getvalue(), Preprocessing.parse({}, 224))
print((peak() - before) * 1024 / 1e8)
"""
    path = os.pathsep.join([str(ROOT / "python"), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 10
    assert pixel_limit() == 300_000_000
