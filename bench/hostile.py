"""Damaged and costly pictures: each must become a vector or a named reason, without a crash or a hang.

    bench/hostile [--pictures N] [--seed N]     damaged pictures, in a process whose end would be counted
    bench/hostile --costly [--megapixels N]     what pictures made to cost much take, format by format

The first prints how many became vectors and what the reasons were, and exits with 1 after a crash or a hang.
The second prints processor time and memory of undamaged noise, and what that makes of the largest picture
that Pixie takes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import time
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
import numpy as np
from PIL import Image

sys.path[:0] = [str(machine.ROOT / "python"), str(machine.ROOT / "tests")]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

PATIENCE_S = 300.0
"""Time after which a picture counts as a hang: some times the processor time that it may take."""


def embed_from(first: int, count: int, seed: int, answers: Connection) -> None:
    """Make vectors of the damaged pictures from number `first` on, and say of each what came of it."""
    from mutated_pictures import mutated
    from pixie.embedder import Embedder
    from pixie.errors import ImageError

    embedder = Embedder.load("demo", device="cpu", dtype="float32")
    answers.send("ready")
    for number, picture in enumerate(mutated(count, seed)):
        if number < first:
            continue
        began = time.process_time()
        try:
            (vector,) = embedder.embed_pixels(embedder.decode(picture.data)[0][None])
            answer = "vector" if abs(float(vector @ vector) - 1) < 1e-3 else "no unit vector"
        except ImageError as error:
            answer = error.code or "no reason"
        answers.send((picture.name, answer, time.process_time() - began))
    answers.send(None)


def damaged(count: int, seed: int) -> int:
    counts: Counter[str] = Counter()
    slowest: tuple[float, str] = (0.0, "none")
    done = 0
    while done < count:
        answers, theirs = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.Process(target=embed_from, args=(done, count, seed, theirs))
        child.start()
        theirs.close()
        try:
            answers.recv()
            while answers.poll(PATIENCE_S) and (answer := answers.recv()) is not None:
                name, what, seconds = answer
                counts[what] += 1
                slowest = max(slowest, (seconds, name))
                done += 1
            if done < count:
                counts["hang"] += 1
                done += 1
        except EOFError:
            child.join()
            counts["crash"] += 1
            print(f"picture {done} of seed {seed} ended the process, with {child.exitcode}")
            done += 1
        finally:
            child.kill()
            child.join()
    for what in ("crash", "hang", "no unit vector", "no reason"):
        counts[what] += 0
    for what, number in counts.most_common():
        print(f"{number:8,}  {what}")
    print(f"{slowest[0]:8.2f}  s of processor time for the slowest, {slowest[1]}")
    return 1 if any(counts[what] for what in ("crash", "hang", "no unit vector", "no reason")) else 0


def noise(width: int, height: int) -> Iterator[tuple[str, Image.Image, dict[str, Any]]]:
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    rgba = Image.fromarray(rng.integers(0, 256, (height, width, 4), np.uint8))
    grey = Image.fromarray(rng.integers(0, 65536, (height, width), np.uint16))
    yield "JPEG", rgb, {"progressive": True, "quality": 95}
    yield "PNG", rgba, {"compress_level": 1}
    yield "PNG", grey, {"compress_level": 1}
    yield "GIF", rgb.convert("L"), {}
    yield "WEBP", rgb, {"method": 0}
    yield "WEBP", rgba, {"lossless": True, "quality": 0, "method": 0}
    yield "AVIF", rgb, {"speed": 10, "quality": 90}
    yield "AVIF", rgba, {"speed": 10, "quality": 100, "subsampling": "4:4:4"}
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
        yield "HEIF", rgb, {"quality": 50}
    yield "JPEG2000", rgba, {"num_resolutions": 1}
    yield "JPEG2000", rgb, {}
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "zstd"):
        yield "TIFF", rgb, {"compression": compression}
    yield "TIFF", Image.fromarray(rng.random((height, width), np.float32) * 1e5), {}
    yield "BMP", rgb, {}
    yield "TGA", rgb, {"compression": "tga_rle"}
    yield "PCX", rgb, {}
    yield "SGI", rgb, {"bpc": 2}
    yield "DDS", rgba, {"pixel_format": "DXT5"}
    yield "PPM", rgb, {}


def cost_of(data: bytes, answers: Connection) -> None:
    """Decode a picture; tell the seconds it took and the bytes it needed."""
    from pixie import images
    from pixie.preprocessing import Preprocessing

    preprocessing = Preprocessing.parse({}, 224)
    Path("/proc/self/clear_refs").write_text("5")
    before, began = _most_memory(), time.process_time()
    images.decode(data, preprocessing)
    answers.send((time.process_time() - began, _most_memory() - before))


def _most_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def costly(megapixels: float) -> None:
    from pixie.picture_limits import MAX_PIXELS, expected_seconds

    side = round((megapixels * 1e6) ** 0.5)
    scale = MAX_PIXELS / side**2
    print(
        f"noise of {side} x {side}; at the limit of {MAX_PIXELS / 1e6:.0f} megapixels {scale:.0f} times that"
    )
    print(f"{'format':40} {'MB':>6} {'s':>6} {'bytes a pixel':>14} {'s at most':>11} {'s at the limit':>15}")
    for name, image, options in noise(side, side):
        stream = BytesIO()
        image.save(stream, name, **options)
        answers, theirs = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.Process(target=cost_of, args=(stream.getvalue(), theirs))
        child.start()
        seconds, memory = answers.recv()
        child.join()
        what = " ".join([name, image.mode, *(f"{key}={value}" for key, value in options.items())])
        size = len(stream.getvalue()) / 1e6
        print(
            f"{what:40} {size:6.1f} {seconds:6.2f} {memory / side**2:14.1f} "
            f"{expected_seconds(name, side**2, len(stream.getvalue())):11.2f} {seconds * scale:15.0f}"
        )


def main() -> int:
    options = machine.parser(__doc__)
    options.add_argument("--pictures", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--costly", action="store_true")
    options.add_argument("--megapixels", type=float, default=10)
    given = options.parse_args()
    if given.costly:
        costly(given.megapixels)
        return 0
    return damaged(given.pictures, given.seed)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    sys.exit(main())
