"""What is read of EXIF, and that damaged EXIF never stands in the way of a picture."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from pixie.exif import Exif, read_exif

CAMERA_IFD, PLACE_IFD = 0x8769, 0x8825


def read(
    tags: dict[int, Any], camera: dict[int, Any] | None = None, place: dict[int, Any] | None = None
) -> Exif:
    """The facts of a JPEG with these tags."""
    exif = Image.Exif()
    exif.update(tags)
    for number, values in ((CAMERA_IFD, camera), (PLACE_IFD, place)):
        if values:
            exif.get_ifd(number).update(values)
    file = BytesIO()
    Image.new("RGB", (8, 6)).save(file, "JPEG", exif=exif)
    with Image.open(BytesIO(file.getvalue())) as picture:
        return read_exif(picture)


def degrees(*parts: float) -> tuple[IFDRational, ...]:
    return tuple(IFDRational(round(part * 10_000), 10_000) for part in parts)


def test_everything_a_camera_writes() -> None:
    found = read(
        {0x010F: "Canon", 0x0110: "Canon EOS R5", 0x0112: 6, 0x0132: "2021:01:01 00:00:00"},
        {0x9003: "2020:05:13 11:09:28", 0xA434: "RF50mm F1.2 L USM"},
        {1: "S", 2: degrees(33, 51, 24.9), 3: "E", 4: degrees(151, 12, 36)},
    )
    assert found.latitude == pytest.approx(-33.856917, abs=1e-6)
    assert found.longitude == pytest.approx(151.21, abs=1e-6)
    assert found == Exif(
        6, "2020-05-13T11:09:28", "Canon EOS R5", "RF50mm F1.2 L USM", found.latitude, found.longitude
    )


def test_a_picture_without_exif() -> None:
    assert read({}) == Exif()
    assert read_exif(Image.new("RGB", (2, 2))) == Exif()


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("FUJIFILM", "X100V", "FUJIFILM X100V"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("Apple", "", "Apple"),
        ("", "Pixel 7", "Pixel 7"),
        ("Sony\0junk", "  A7\t IV ", "Sony A7 IV"),
        ("\0", " ", None),
        ("", "x" * 1000, "x" * 200),
    ],
)
def test_a_cameras_name(make: str, model: str, name: str | None) -> None:
    assert read({0x010F: make, 0x0110: model}).camera == name


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2020:05:13 11:09:28", "2020-05-13T11:09:28"),
        ("2020-05-13 11:09:28", "2020-05-13T11:09:28"),
        ("2020:05:13", "2020-05-13T00:00:00"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2020:13:45 99:99:99", None),
        ("yesterday", None),
    ],
)
def test_when_it_was_taken(written: str, time: str | None) -> None:
    assert read({}, {0x9003: written}).taken == time


def test_the_first_time_that_makes_sense_counts() -> None:
    assert (
        read({0x0132: "2021:01:01 00:00:00"}, {0x9003: "0000:00:00 00:00:00"}).taken == "2021-01-01T00:00:00"
    )


@pytest.mark.parametrize(
    "place",
    [
        {1: "N", 2: degrees(48, 8, 15)},
        {1: "N", 2: degrees(91, 0, 0), 3: "E", 4: degrees(11, 0, 0)},
        {1: "N", 2: degrees(48, 8), 3: "E", 4: degrees(11, 0, 0)},
        {1: "N", 2: (IFDRational(1, 0),) * 3, 3: "E", 4: degrees(11, 0, 0)},
    ],
)
def test_a_place_that_makes_no_sense_is_none(place: dict[int, Any]) -> None:
    found = read({}, None, place)
    assert (found.latitude, found.longitude) == (None, None)


def test_any_bytes_of_exif_are_survived() -> None:
    file = BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "camera"
    exif.get_ifd(CAMERA_IFD)[0x9003] = "2020:05:13 11:09:28"
    exif.get_ifd(PLACE_IFD).update({1: "N", 2: degrees(1, 2, 3), 3: "E", 4: degrees(1, 2, 3)})
    Image.new("RGB", (8, 6)).save(file, "JPEG", exif=exif)
    whole = file.getvalue()
    start, end = whole.index(b"Exif"), whole.index(b"\xff\xdb")
    random = np.random.default_rng(7)
    for _ in range(300):
        data = bytearray(whole)
        for at in random.integers(start + 6, end, 4):
            data[at] = random.integers(256)
        with Image.open(BytesIO(bytes(data))) as picture:
            found = read_exif(picture)
        assert found.latitude is None or -90 <= found.latitude <= 90
        assert (found.latitude is None) == (found.longitude is None)
