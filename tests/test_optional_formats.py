"""HEIC and cameras' raw files: read where their libraries are installed, and named with the fix where not."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import pixie
from pixie import images
from pixie.errors import ImageError
from pixie.suffixes import PICTURE_SUFFIXES
from sample_pictures import PLAIN, SIDE, drawing, encoded, error_of, expected, photograph

if TYPE_CHECKING:
    from pathlib import Path

_PACKING = {1: "B", 3: "H", 4: "I", 5: "II", 10: "ii"}


def directory(entries: list[tuple[int, int, Any]], start: int) -> bytes:
    """A directory of TIFF tags that stands at byte `start`, with the values that do not fit into it."""
    behind, body, tail = start + 2 + 12 * len(entries) + 4, b"", b""
    for tag, kind, values in sorted(entries):
        if kind == 2:
            data = values
        else:
            data = b"".join(struct.pack("<" + _PACKING[kind], *np.atleast_1d(value)) for value in values)
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            field = struct.pack("<I", behind + len(tail))
            tail += data + b"\0" * (len(data) % 2)
        body += struct.pack("<HHI", tag, kind, len(values)) + field
    return struct.pack("<H", len(entries)) + body + bytes(4) + tail


Tags = list[tuple[int, int, Any]]


def raw_file(preview: Image.Image, first: Tags, behind: Tags, raw: bytes, mark: bytes = b"") -> bytes:
    """A raw file as most makers build theirs: a TIFF with a JPEG preview in front and the raw pixels behind.

    `first` and `behind` are tags of the two directories besides those that say where the data are; `mark`
    stands behind the header of the TIFF.
    """
    jpeg = encoded(preview, "JPEG", quality=95)
    start = 8 + len(mark)

    def directories(second: int, preview_at: int, raw_at: int) -> tuple[bytes, bytes]:
        front = [
            *((254, 4, [1]), (256, 4, [preview.width]), (257, 4, [preview.height]), (258, 3, [8, 8, 8])),
            *((262, 3, [6]), (273, 4, [preview_at]), (277, 3, [3]), (278, 4, [preview.height])),
            *((279, 4, [len(jpeg)]), (306, 2, b"2020:05:13 11:09:28\0"), (330, 4, [second]), *first),
        ]
        back = [(254, 4, [0]), (273, 4, [raw_at]), (277, 3, [1]), (279, 4, [len(raw)]), *behind]
        return directory(front, start), directory(back, start + len(directory(front, start)))

    one, two = directories(0, 0, 0)
    second = start + len(one)
    preview_at = second + len(two)
    raw_at = preview_at + len(jpeg) + len(jpeg) % 2
    one, two = directories(second, preview_at, raw_at)
    header = b"II*\0" + struct.pack("<I", start) + mark
    return header + one + two + jpeg.ljust(raw_at - preview_at, b"\0") + raw


def bayer(width: int, height: int, bits: int, compression: int) -> Tags:
    return [
        *((256, 4, [width]), (257, 4, [height]), (258, 3, [bits]), (259, 3, [compression])),
        *((262, 3, [32803]), (278, 4, [height]), (33421, 3, [2, 2]), (33422, 1, [0, 1, 1, 2])),
    ]


def dng(preview: Image.Image, width: int = 64, height: int = 48, orientation: int = 1) -> bytes:
    """A raw file in Adobe's DNG 1.4: a JPEG preview, and grey behind a Bayer filter."""
    raw = np.full((height, width), 2000, "<u2").tobytes()
    matrix = [(1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1)]
    first = [
        *((259, 3, [7]), (271, 2, b"Maker\0"), (272, 2, b"Model\0"), (274, 3, [orientation])),
        *((50706, 1, [1, 4, 0, 0]), (50707, 1, [1, 1, 0, 0]), (50708, 2, b"Maker Model\0")),
        *((50721, 10, matrix), (50728, 5, [(1, 1)] * 3), (50778, 3, [21])),
    ]
    behind = [*bayer(width, height, 16, 1), (50714, 3, [0]), (50717, 4, [4095])]
    return raw_file(preview, first, behind, raw)


MAKERS = {
    "a.cr2": (b"Canon", b"Canon EOS 5D Mark II", bayer(5792, 3804, 16, 6), b"CR\2\0\0\0\0\0"),
    "a.nef": (b"NIKON CORPORATION", b"NIKON D90", bayer(4352, 2868, 12, 34713), b""),
    "a.arw": (b"SONY", b"ILCE-7M3", bayer(6048, 4024, 14, 1), b""),
    "a.pef": (b"PENTAX", b"PENTAX K-5", bayer(4992, 3284, 16, 1), b""),
    "a.srw": (b"SAMSUNG", b"NX100", bayer(4688, 3132, 12, 32769), b""),
}
"""What LibRaw knows cameras by: the make, the model, how their raw pixels are stored, and marks of their own.

Of a camera's file these have the structure alone: the raw pixels are none.
"""


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where neither of the libraries is installed."""
    readable = tuple(name for name in images._readable() if name != "HEIF")
    monkeypatch.setitem(sys.modules, "rawpy", None)
    monkeypatch.setattr(images, "_readable", lambda: readable)


HEIC_HEADER = b"\0\0\0\x18ftypheic" + bytes(200)


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize(("data", "extra"), [(HEIC_HEADER, "heif"), (dng(drawing()), "raw")])
def test_without_its_library_the_reason_says_what_to_install(data: bytes, extra: str) -> None:
    error = error_of(data)
    assert error.code == "unsupported"
    assert f"pixie setup --with {extra}" in error.message


@pytest.mark.usefixtures("without_libraries")
def test_raw_files_are_walked_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    names = ["a.cr2", "b.CR3", "c.nef", "d.arw", "e.dng", "f.raf", "g.orf", "h.rw2", "i.pef", "j.srw"]
    for name in names:
        (folder / name).write_bytes(dng(drawing()))
    (folder / "k.heic").write_bytes(HEIC_HEADER)
    with pixie.open(tmp_path / "photos", model="demo") as photos:
        report = photos.index(folder)
    assert {failure.id for failure in report.failures} == {f"Pictures/{name}" for name in [*names, "k.heic"]}
    assert {failure.code for failure in report.failures} == {"unsupported"}
    assert all("pixie setup --with" in failure.message for failure in report.failures)


def test_a_raw_file_is_seen_through_its_preview(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    shown = photograph(90, 60)
    (tmp_path / "a.dng").write_bytes(dng(shown, 640, 480))
    pixels, info = images.decode(tmp_path / "a.dng", PLAIN)
    assert np.abs(pixels.astype(int) - expected(shown)).mean() < 4
    assert (info.width, info.height, info.format) == (640, 480, "RAW")
    assert (info.exif.camera, info.exif.taken) == ("Maker Model", "2020-05-13T11:09:28")


@pytest.mark.parametrize("name", MAKERS)
def test_the_previews_of_several_makers_are_found(name: str, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    make, model, behind, mark = MAKERS[name]
    shown = photograph(900, 600)
    tags = [(259, 3, [6]), (271, 2, make + b"\0"), (272, 2, model + b"\0"), (274, 3, [1])]
    (tmp_path / name).write_bytes(raw_file(shown, tags, behind, bytes(1000), mark))
    pixels, info = images.decode(tmp_path / name, PLAIN)
    assert np.abs(pixels.astype(int) - expected(shown)).mean() < 2
    # Cameras' edges are masked, and LibRaw knows by how much.
    width, height = behind[0][2][0], behind[1][2][0]
    assert (0.95 * width < info.width <= width, 0.95 * height < info.height <= height) == (True, True)
    assert (info.format, info.exif.taken) == ("RAW", "2020-05-13T11:09:28")
    assert info.exif.camera is not None
    assert model.decode().split()[-1] in info.exif.camera


def test_a_raw_file_is_turned_as_the_camera_was_held() -> None:
    pytest.importorskip("rawpy")
    shown = photograph(90, 60)
    pixels, info = images.decode(dng(shown, 640, 480, orientation=6), PLAIN)
    upright = shown.transpose(Image.Transpose.ROTATE_270)
    assert np.abs(pixels.astype(int) - expected(upright)).mean() < 4
    assert (info.width, info.height) == (480, 640)


def test_a_damaged_raw_file_gives_pixels_or_a_reason() -> None:
    pytest.importorskip("rawpy")
    whole = dng(photograph(90, 60), 640, 480)
    chance = np.random.default_rng(0)
    seen = set()
    for turn in range(200):
        data = bytearray(whole)
        if turn % 4 == 0:
            del data[int(chance.integers(16, len(data))) :]
        for place in chance.integers(0, min(len(data), 900), int(chance.integers(1, 8))):
            data[int(place)] ^= 1 << int(chance.integers(8))
        try:
            assert images.decode(bytes(data), PLAIN)[0].shape == (SIDE, SIDE, 3)
            seen.add("pixels")
        except ImageError as error:
            assert error.code in {"truncated", "not_an_image", "too_large", "unsupported"}
            seen.add(error.code or "")
    assert {"pixels", "truncated"} <= seen


def test_a_heic_picture_is_read() -> None:
    pytest.importorskip("pillow_heif")
    assert "HEIF" in images._readable()
    shown = photograph(90, 60)
    try:
        data = encoded(shown, "HEIF", quality=95)
    except RuntimeError:
        pytest.skip("this build of libheif writes no HEIC")
    pixels, info = images.decode(data, PLAIN)
    assert np.abs(pixels.astype(int) - expected(shown)).mean() < 6
    assert (info.width, info.height, info.format) == (90, 60, "HEIF")
    assert error_of(data, max_pixels=90 * 60 - 1).code == "too_large"
    assert error_of(data[: len(data) // 2]).code == "truncated"


def test_what_is_walked_has_the_suffixes_of_raw_files_and_heic() -> None:
    raw = {".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw"}
    assert raw <= PICTURE_SUFFIXES
    assert {".heic", ".heif", ".hif", ".avif"} <= PICTURE_SUFFIXES
