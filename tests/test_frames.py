"""Several frames of an animation: which are taken, and the one vector that they make."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageOps, TiffImagePlugin

from animations import LOSSLESS, animation, scenes
from conftest import ROOT
from mutated_pictures import mutated
from pixie import animation as animation_module
from pixie import images
from pixie.embedder import Embedder
from pixie.errors import ImageError, InvalidInputError
from pixie.pooling import pooled
from sample_pictures import PLAIN, SIDE, drawing, encoded, pixels_of

if TYPE_CHECKING:
    from pathlib import Path

BLANK = Image.new("RGB", (60, 40), "black")


def taken(data: bytes, frames: int, **options: Any) -> list[np.ndarray]:
    return [square.astype(int) for square in images.decode_frames(data, PLAIN, frames, **options)[0]]


def numbers(found: list[np.ndarray], of: list[Image.Image]) -> list[int]:
    """Which of some frames were taken, by what they look like."""
    known = [pixels_of(encoded(frame)) for frame in of]
    return [int(np.argmin([np.abs(square - one).mean() for one in known])) for square in found]


@pytest.mark.parametrize("format", LOSSLESS)
def test_frames_are_spread_from_the_first_on(format: str) -> None:  # noqa: A002
    frames = scenes(10)
    data = animation(frames, format)
    assert numbers(taken(data, 1), frames) == [0]
    assert numbers(taken(data, 4), frames) == [0, 2, 5, 7]
    assert numbers(taken(data, 10), frames) == list(range(10))
    assert numbers(taken(data, 32), frames) == list(range(10))


def test_a_picture_of_one_frame_is_what_it_is_for_one() -> None:
    for format_name in (*LOSSLESS, "JPEG", "BMP"):
        data = encoded(drawing(), format_name)
        (square,) = taken(data, 8)
        np.testing.assert_array_equal(square, pixels_of(data))
    (square,), info = images.decode_frames(drawing(), PLAIN, 8)
    assert (info.width, info.height) == (60, 40)


def test_of_a_heic_file_the_main_picture_comes_first() -> None:
    pytest.importorskip("pillow_heif")
    assert "HEIF" in images._readable()
    frames = scenes(6)
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": frames[1:],
        "quality": 95,
        "primary_index": 3,
    }
    try:
        data = encoded(frames[0], "HEIF", **options)
    except RuntimeError:
        pytest.skip("this build of libheif writes no HEIC")
    assert numbers(taken(data, 1), frames) == [3]
    assert numbers(taken(data, 3), frames) == [3, 5, 1]
    assert numbers(taken(data, 8), frames) == [3, 4, 5, 0, 1, 2]


def test_blank_frames_are_left_out_unless_all_are() -> None:
    frames = scenes(4)
    faded = [BLANK, frames[1], BLANK, frames[3]]
    assert numbers(taken(animation(faded), 4), frames) == [1, 3]
    (square,) = taken(animation([BLANK, Image.new("RGB", (60, 40), "white"), BLANK]), 3)
    np.testing.assert_array_equal(square, pixels_of(encoded(BLANK)))


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_of_an_animation_that_is_cut_short_the_frames_that_are_there_count(format: str) -> None:  # noqa: A002
    frames = scenes(8)
    data = animation(frames, format)
    read = numbers(taken(data[: len(data) * 2 // 3], 8), frames)
    assert read == list(range(len(read)))
    assert 1 <= len(read) < 8
    # The first must be there, as that of any picture.
    with pytest.raises(ImageError, match="cut short"):
        taken(data[:60], 8)


@pytest.mark.parametrize("format", ["GIF", "PNG", "TIFF"])
def test_a_blank_frame_stands_where_the_next_can_not_be_read(format: str) -> None:  # noqa: A002
    options = {"compression": "tiff_lzw"} if format == "TIFF" else {}
    noise = Image.effect_noise((60, 40), 90).convert("RGB")
    whole = encoded(BLANK, format, save_all=True, append_images=[noise], **options)
    cut = bytearray(whole)
    cut[len(whole) // 2 : len(whole) - len(whole) // 8] = b""
    for frames in (1, 2):
        (square,) = taken(bytes(cut), frames)
        np.testing.assert_array_equal(square, pixels_of(encoded(BLANK)))


def test_wherever_a_gif_ends_its_first_frame_stands_if_it_can_be_read() -> None:
    whole = encoded(
        Image.effect_noise((60, 40), 90),
        "GIF",
        save_all=True,
        append_images=[Image.effect_noise((60, 40), 90) for _ in range(2)],
    )
    readable = 0
    for end in range(len(whole) // 4, len(whole), 7):
        try:
            (first,) = taken(whole[:end], 1)
        except ImageError:
            continue
        readable += 1
        np.testing.assert_array_equal(taken(whole[:end], 4)[0], first)
    assert readable > 50


def test_a_page_of_another_size_is_not_decoded_in_place_of_a_blank_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = Image.effect_noise((900, 700), 90).convert("RGB")
    data = encoded(BLANK, "TIFF", save_all=True, append_images=[large, drawing().resize((60, 40))])
    decoded = []
    to_rgb = animation_module.to_rgb
    monkeypatch.setattr(animation_module, "to_rgb", lambda page: decoded.append(page.size) or to_rgb(page))
    (square,) = taken(data, 1)
    assert set(decoded) == {(60, 40)}
    np.testing.assert_array_equal(square, pixels_of(encoded(drawing().resize((60, 40)))))


def test_pixels_of_all_frames_together_are_limited() -> None:
    frames = scenes(8)
    gif, tiff = animation(frames), animation(frames, "TIFF")
    assert numbers(taken(gif, 8, max_pixels=3 * 60 * 40), frames) == [0, 1, 2]
    # Each frame of a GIF is made of the one before it, while pages stand alone.
    assert numbers(taken(gif, 2, max_pixels=4 * 60 * 40), frames) == [0, 2]
    assert numbers(taken(tiff, 2, max_pixels=4 * 60 * 40), frames) == [0, 4]
    assert numbers(taken(tiff, 8, max_pixels=3 * 60 * 40), frames) == [0, 1, 2]


def test_time_for_all_frames_together_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr("pixie.picture_limits.time.thread_time", lambda: next(clock))
    monkeypatch.setenv("PIXIE_MAX_SECONDS", "30")
    frames = scenes(8)
    read = numbers(taken(animation(frames), 8), frames)
    assert read == list(range(len(read)))
    assert 1 <= len(read) < 8


def test_damaged_pictures_give_frames_or_a_reason() -> None:
    seen = set()
    for picture in mutated(300, seed=5):
        try:
            frames, _ = images.decode_frames(picture.data, PLAIN, 4)
            assert {frame.shape for frame in frames} == {(SIDE, SIDE, 3)}, picture.name
            seen.add(len(frames))
        except ImageError as error:
            assert error.code in {"truncated", "not_an_image", "too_large", "unsupported", "empty"}, (
                picture.name
            )
            seen.add(0)
    assert {0, 1} < seen


def test_one_frame_at_a_time_is_in_memory() -> None:
    """Ten pages of 9 megapixels, each 27 MB as RGB."""
    script = """
import numpy, sys
from io import BytesIO
from PIL import Image
from pixie import animation as animation_module
from pixie import images
from pixie.preprocessing import Preprocessing
slope = numpy.broadcast_to(numpy.linspace(0, 255, 3000).astype("u1")[:, None, None], (3000, 3000, 3))
pages = [Image.fromarray(numpy.roll(slope, 100 * number, 0)) for number in range(10)]
stream = BytesIO()
pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
plain = Preprocessing.parse({}, 224)
del pages
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
def needed(frames):
    open("/proc/self/clear_refs", "w").write("5")
    before = peak()
    assert len(images.decode_frames(stream.getvalue(), plain, frames)[0]) == frames
    return peak() - before
needed(1)
print(needed(10) - needed(1))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "python"), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 2 * 27 * 1024


def test_pages_have_sizes_of_their_own_and_masks_are_none() -> None:
    small = drawing().resize((30, 20))
    stream = BytesIO()
    drawing().save(stream, "TIFF", save_all=True, append_images=[small, ImageOps.mirror(drawing(90, 60))])
    found = taken(stream.getvalue(), 3)
    assert len(found) == 3
    np.testing.assert_array_equal(found[1], pixels_of(encoded(small)))

    stream = BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(stream, new=True) as writer:
        for page, kind in ((drawing(), 0), (small, 1), (ImageOps.mirror(drawing()), 2)):
            page.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
        data = stream.getvalue()
    assert numbers(taken(data, 3), [drawing(), ImageOps.mirror(drawing())]) == [0, 1]


def test_every_frame_is_turned_upright() -> None:
    frames = scenes(3)
    exif = Image.Exif()
    exif[274] = 6
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, exif=exif)
    turned = [frame.transpose(Image.Transpose.ROTATE_270) for frame in frames]
    for found, wanted in zip(taken(data, 3), turned, strict=True):
        np.testing.assert_array_equal(found, pixels_of(encoded(wanted)))


def test_the_vector_is_the_mean_of_the_frames_scaled_to_length_1(tiny: Path, tmp_path: Path) -> None:
    embedder = Embedder.load(tiny)
    frames = scenes(6)
    (tmp_path / "a.gif").write_bytes(animation(frames))
    single = []
    with Image.open(tmp_path / "a.gif") as opened:
        for number in range(6):
            opened.seek(number)
            single.append(np.asarray(opened.convert("RGB")))
    alone = embedder.embed_images(single)
    plain = embedder.embed_images([drawing()])

    for count, wanted in ((1, [0]), (2, [0, 3]), (6, [0, 1, 2, 3, 4, 5])):
        mean = alone[wanted].mean(axis=0)
        found = embedder.embed_images([drawing(), tmp_path / "a.gif", drawing()], count)
        np.testing.assert_allclose(found[1], mean / np.linalg.norm(mean), atol=1e-5)
        np.testing.assert_allclose(found[[0, 2]], np.repeat(plain, 2, axis=0), atol=1e-6)


def test_vectors_that_cancel_out_give_the_first() -> None:
    rows = np.array([[1, 0], [-1, 0], [0, 1]], np.float32)
    np.testing.assert_array_equal(pooled(rows, [2, 1]), rows[[0, 2]])


@pytest.mark.parametrize("frames", [0, 33, -1, 1.5, True, "4"])
def test_other_numbers_of_frames_are_refused(frames: Any) -> None:
    with pytest.raises(InvalidInputError, match="frames"):
        images.decode_frames(drawing(), PLAIN, frames)
