"""The dtype ``auto``: measured once on this machine, and remembered.

bfloat16 on a CPU is five times as fast as float32 where there are matrix instructions for it and eighty times
slower where there are none, so it is measured and not guessed. A dtype counts only if its vectors stay within
cosine 0.999 of float32's.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.home import cache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from pixie.checkpoint import Checkpoint
    from pixie.torch_tower import VisionTower

MIN_COSINE = 0.999
"""Least cosine of a vector to its float32 counterpart."""

SMALL = 20_000_000
"""Weights of a vision tower below which float32 is taken unmeasured: a pass costs milliseconds anyway."""

# A dtype must gain this much over float32 to be worth its rounding.
_WORTHWHILE = 1.1

# A product this many times slower than float32's is not repeated; without the instructions it can be 80.
_HOPELESS = 20

# Pictures in the measuring batch, and rounds unless the first shows a dtype this many times as fast as
# float32: 3 to 5 s on two cores at ViT-L/14 size.
_BATCH = 1
_ROUNDS = 3
_CLEAR = 2

_CANDIDATES = {"cpu": ("bfloat16",), "cuda": ("float16", "bfloat16")}


@dataclass(frozen=True)
class Measurement:
    """Pictures a second and least cosine to float32, per dtype, and the dtype that won."""

    dtype: str
    rates: dict[str, float]
    cosines: dict[str, float]


def choose(checkpoint: Checkpoint, machine: str, build: Callable[[str], VisionTower]) -> VisionTower:
    """The checkpoint's vision tower in the dtype that is best on this machine.

    Parameters
    ----------
    checkpoint
        The shape of its vision tower is part of what is remembered.
    machine
        Everything else that the speed depends on: processor or GPU, threads, version of torch.
    build
        Makes the tower in a dtype.
    """
    if weight_count(checkpoint) < SMALL:
        return build("float32")
    shape = json.dumps(asdict(checkpoint.vision), sort_keys=True).encode()
    key = f"{machine}, tower {hashlib.blake2b(shape, digest_size=8).hexdigest()}"
    dtype = recall(key)
    if dtype is not None:
        return build(dtype)
    measurement, tower = measure(checkpoint, build)
    remember(key, measurement)
    return tower


def measure(checkpoint: Checkpoint, build: Callable[[str], VisionTower]) -> tuple[Measurement, VisionTower]:
    """Time every candidate against float32, in turn and on the same pictures; keep the fastest true one.

    Returns
    -------
    measurement, tower
        The numbers, and the tower in the dtype that won.
    """
    towers = {"float32": build("float32")}
    for dtype in promising(checkpoint, towers["float32"]):
        towers[dtype] = build(dtype)
    pixels = sample_pixels(_BATCH, checkpoint.vision.image_size)
    # float32 must not pay in its time for reading the weights.
    checkpoint.weights.populate(checkpoint.vision.shapes())
    vectors = {}
    seconds = dict.fromkeys(towers, math.inf)
    for _ in range(_ROUNDS):
        for dtype, tower in towers.items():
            start = time.perf_counter()
            vectors[dtype] = tower(pixels)
            seconds[dtype] = min(seconds[dtype], time.perf_counter() - start)
        if min(seconds.values()) * _CLEAR < seconds["float32"] or len(towers) == 1:
            break
    cosines = {dtype: least_cosine(found, vectors["float32"]) for dtype, found in vectors.items()}
    best = fastest(seconds, cosines)
    rates = {dtype: round(_BATCH / taken, 3) for dtype, taken in seconds.items()}
    return Measurement(best, rates, {dtype: round(value, 6) for dtype, value in cosines.items()}), towers[
        best
    ]


def promising(checkpoint: Checkpoint, tower: VisionTower) -> list[str]:
    """Candidates whose products are faster than float32's: the others aren't worth even one whole pass."""
    from pixie.torch_tower import linear_seconds

    config = checkpoint.vision

    def seconds(dtype: str, limit: float) -> float:
        return linear_seconds(tower.device, dtype, 128, config.hidden_size, config.intermediate_size, limit)

    base = seconds("float32", math.inf)
    candidates = _CANDIDATES.get(tower.device.type, ())
    return [dtype for dtype in candidates if seconds(dtype, _HOPELESS * base) < base]


def fastest(seconds: dict[str, float], cosines: dict[str, float]) -> str:
    """The dtype of the shortest time among those true to float32; float32 unless another clearly gains."""
    true = {dtype: taken for dtype, taken in seconds.items() if cosines[dtype] >= MIN_COSINE}
    best = min(true, key=lambda dtype: true[dtype])
    return best if true[best] * _WORTHWHILE < seconds["float32"] else "float32"


def sample_pixels(count: int, side: int) -> NDArray[np.uint8]:
    """Made-up pictures, uint8 (count, side, side, 3): soft shapes with grain, as photographs have."""
    rng = np.random.default_rng(20)
    coarse = rng.integers(0, 256, (count, 8, 8, 3))
    place = np.linspace(0, 7.999, side).astype(int)
    soft = coarse[:, place][:, :, place]
    grain = rng.normal(0, 12, (count, side, side, 3))
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


def least_cosine(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Smallest cosine between rows; -1 where one is not finite."""
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (found * expected).sum(1) / lengths
    return float(np.min(np.nan_to_num(cosines, nan=-1.0, posinf=-1.0, neginf=-1.0)))


def weight_count(checkpoint: Checkpoint) -> int:
    """Number of weights of the vision tower."""
    return sum(math.prod(shape) for shape in checkpoint.vision.shapes().values())


def memory_file() -> Path:
    """Where measurements are kept: ``dtype.json`` in the cache folder."""
    return cache() / "dtype.json"


def recall(key: str) -> str | None:
    """The dtype measured for `key` before, if any."""
    entry = _read().get(key)
    dtype = entry.get("dtype") if isinstance(entry, dict) else None
    return dtype if dtype in {"float32", "bfloat16", "float16"} else None


def remember(key: str, measurement: Measurement) -> None:
    """Keep a measurement; a folder that can't be written to only means measuring again."""
    file = memory_file()
    entries = {**_read(), key: asdict(measurement)}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(prefix="dtype.", suffix=".part", dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(entries, stream, indent=2)
        os.replace(part, file)
    except OSError:
        return


def _read() -> dict[str, Any]:
    try:
        entries = json.loads(memory_file().read_bytes())
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}
