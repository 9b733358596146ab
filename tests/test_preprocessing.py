"""Resizing, cropping and scaling, to the bit as transformers does them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import transformers_reference as reference
from pixie import images
from pixie.checkpoint import Checkpoint
from pixie.errors import ModelError
from pixie.preprocessing import Preprocessing
from sample_pictures import SIDE, drawing, encoded, photograph, pixels_of


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
