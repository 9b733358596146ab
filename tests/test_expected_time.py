"""Pictures whose decoders can't be interrupted are refused by the time that they would take."""

from __future__ import annotations

import pytest
from PIL import Image

from pixie import images
from pixie.picture_file import MAX_FILE_BYTES
from pixie.picture_limits import MAX_PIXELS, check_time, expected_seconds
from sample_pictures import PLAIN, encoded, error_of


def test_what_can_not_be_interrupted_is_refused_by_what_is_known_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = Image.new("RGB", (4000, 3000), "teal")
    data = encoded(picture, "JPEG2000", num_resolutions=1)
    assert images.decode(data, PLAIN)[1].width == 4000
    monkeypatch.setenv("PIXIE_MAX_SECONDS", "1")
    error = error_of(data)
    assert (error.code, "PIXIE_MAX_SECONDS" in (error.fix or "")) == ("too_slow", True)
    # The same at lower resolutions, of which the smallest that is enough is decoded, or in another format.
    assert images.decode(encoded(picture, "JPEG2000"), PLAIN)[1].width == 4000
    assert images.decode(encoded(picture, "PNG"), PLAIN)[1].width == 4000


@pytest.mark.parametrize("format", ["AVIF", "HEIF", "JPEG2000", "WEBP"])
def test_the_time_expected_grows_with_pixels_and_bytes(format: str) -> None:  # noqa: A002
    small, large = (expected_seconds(format, pixels, 1 << 20) for pixels in (10**6, 10**8))
    assert 0 < small < large
    assert large < expected_seconds(format, 10**8, 1 << 28)
    # Bytes that no pixel can need, such as a long comment, take no time.
    assert expected_seconds(format, 100, 1 << 28) < 0.001
    assert expected_seconds("PNG", 10**8, 1 << 28) == 0


@pytest.mark.parametrize("format", ["AVIF", "WEBP"])
def test_the_largest_pictures_are_within_the_time(format: str) -> None:  # noqa: A002
    check_time(format, MAX_PIXELS, MAX_FILE_BYTES, "the picture")


def test_the_resolution_that_is_decoded_counts_for_the_limit_on_pixels() -> None:
    picture = Image.new("RGB", (1200, 900), "teal")
    limit = 1200 * 900
    assert images.decode(encoded(picture, "JPEG2000"), PLAIN, max_pixels=limit)[1].width == 1200
    whole = encoded(picture, "JPEG2000", num_resolutions=1)
    assert error_of(whole, max_pixels=limit).code == "too_large"
    assert images.decode(whole, PLAIN, max_pixels=4 * limit)[1].width == 1200
