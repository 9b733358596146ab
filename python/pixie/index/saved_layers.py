"""Layers as the arrays that are saved, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.index.blocks import Blocks
from pixie.index.codes import LANES, Codec
from pixie.index.delta import Delta
from pixie.index.growing import Growing
from pixie.index.layers import ROWS_MEAN, Layers
from pixie.index.routers import ROUTERS

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.index.rows import Rows

_ROUTER, _BIAS, _MEAN, _CENTRE_BIAS = "router_", "bias_", "mean_", "centre_bias_"


def arrays_of(layers: Layers) -> dict[str, Any]:
    """The arrays to be saved, by name; a list stands for one array in parts. The delta must be empty."""
    named = {f"{_BIAS}{name}": bias for name, bias in zip(layers.names, layers.biases, strict=True)}
    named |= {f"{_MEAN}{name}": mean for name, mean in zip(layers.names, layers.means, strict=True)}
    named |= {
        f"{_CENTRE_BIAS}{name}": bias for name, bias in zip(layers.names, layers.centre_biases, strict=True)
    }
    return {
        "directions": layers.codec.directions,
        f"{_ROUTER}{layers.router.name}": layers.router.array,
        "steps": layers.codec.steps,
        "codes": layers.codes,
        "places": layers.places,
        "starts": layers.starts,
        "row_codes": [layers.row_codes.empty, *(part.values for part in layers.row_codes.parts)],
        "row_scales": layers.row_scales.values,
        "centres": layers.centres,
        "fitted_rows": np.array([layers.fitted_rows], np.int64),
        **named,
    }


def layers_of(arrays: dict[str, npt.NDArray[Any]], rows: Rows) -> Layers:
    """Layers again from `arrays`; raises ValueError when they do not belong together or to `rows`."""
    names = [name.removeprefix(_CENTRE_BIAS) for name in arrays if name.startswith(_CENTRE_BIAS)]
    names = [ROWS_MEAN, *(name for name in names if name != ROWS_MEAN)]
    try:
        steps, places, starts = arrays["steps"], arrays["places"], arrays["starts"]
        width, lanes, buckets = len(steps), len(places), len(starts) - 1
        expected = {
            "directions": (np.float32, (rows.dim, width)),
            "steps": (np.float32, (width,)),
            "codes": (np.uint8, (lanes * width // 2,)),
            "places": (np.int32, (lanes,)),
            "starts": (np.int64, (buckets + 1,)),
            "row_codes": (np.uint8, (len(rows), -(-rows.dim // 64) * 64)),
            "row_scales": (np.float32, (len(rows),)),
            "centres": (np.float32, (buckets, width)),
            "fitted_rows": (np.int64, (1,)),
        }
        for name in names:
            expected[f"{_BIAS}{name}"] = (np.float32, (lanes,))
            expected[f"{_MEAN}{name}"] = (np.float32, (rows.dim,))
            expected[f"{_CENTRE_BIAS}{name}"] = (np.float32, (buckets,))
        router = next(name for name in ROUTERS if f"{_ROUTER}{name}" in arrays)
        planes = arrays[f"{_ROUTER}{router}"]
        expected[f"{_ROUTER}{router}"] = (np.float32, (*planes.shape[:1], *planes.shape[1:2]))
        for name, (dtype, shape) in expected.items():
            if arrays[name].dtype != dtype or arrays[name].shape != shape:
                raise ValueError(f"{name} is {arrays[name].dtype} {arrays[name].shape}")
    except (KeyError, StopIteration) as error:
        raise ValueError(f"an array is missing ({error})") from error
    finite = ("directions", "steps", "row_scales", "centres", *(f"{_MEAN}{name}" for name in names))
    sound = (
        set(arrays) == set(expected)
        and width % 8 == 0
        and buckets >= 1
        and int(starts[0]) == 0
        # Compared as Python's numbers, which do not overflow.
        and int(starts[-1]) * LANES == lanes
        and bool((starts[1:] >= starts[:-1]).all())
        and int(places.min(initial=-1)) >= -1
        and int(places.max(initial=-1)) < len(rows)
        and all(bool(np.isfinite(arrays[name]).all()) for name in finite)
        # -inf where there is no row, and there alone, keeps such lanes from being chosen.
        and all(_fits(arrays[f"{_BIAS}{name}"], places) for name in names)
    )
    if not sound:
        raise ValueError("the layers do not belong together")
    return Layers(
        codec=Codec(np.array(arrays[f"{_MEAN}{ROWS_MEAN}"]), arrays["directions"], steps),
        router=ROUTERS[router](arrays[f"{_ROUTER}{router}"]),
        codes=arrays["codes"],
        places=places,
        starts=starts,
        delta=Delta.empty(width, len(names)),
        row_codes=Blocks.of(arrays["row_codes"]),
        row_scales=Growing.holding(arrays["row_scales"]),
        centres=arrays["centres"],
        means=np.stack([arrays[f"{_MEAN}{name}"] for name in names]),
        names=tuple(names),
        biases=np.stack([arrays[f"{_BIAS}{name}"] for name in names]),
        centre_biases=np.stack([arrays[f"{_CENTRE_BIAS}{name}"] for name in names]),
        fitted_rows=int(arrays["fitted_rows"][0]),
    )


def _fits(bias: npt.NDArray[np.float32], places: npt.NDArray[np.int32]) -> bool:
    return bool((np.isfinite(bias) == (places >= 0)).all() and (bias < np.inf).all())
