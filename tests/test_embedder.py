"""The embedder: both towers held to transformers', its promises, and its answers to wrong input."""

from __future__ import annotations

import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

import random_checkpoint
import transformers_reference as reference
from pixie import cpu
from pixie.checkpoint import DEMO_FOLDER
from pixie.embedder import Embedder
from pixie.errors import ImageError, InvalidInputError, ModelError


def pictures(count: int, seed: int = 0) -> list[Image.Image]:
    """RGB pictures of several sizes, each of a few coloured patches."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        patches = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
        made.append(patches.resize((70 + 31 * number, 90 + 7 * number), Image.Resampling.BICUBIC))
    return made


def cosines(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.asarray((found * expected).sum(1))


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
def test_picture_vectors_equal_those_of_transformers(tmp_path: Path, activation: str) -> None:
    import json

    folder = random_checkpoint.write_checkpoint(tmp_path / "clip", "tiny")
    config = json.loads((folder / "config.json").read_text())
    config["vision_config"]["hidden_act"] = activation
    (folder / "config.json").write_text(json.dumps(config))
    made = pictures(11)
    np.testing.assert_allclose(
        Embedder.load(folder).embed_images(made), reference.image_vectors(folder, made), atol=1e-5
    )


def test_picture_vectors_of_the_demo_model_equal_those_of_transformers() -> None:
    made = pictures(5)
    np.testing.assert_allclose(
        Embedder.load("demo").embed_images(made), reference.image_vectors(DEMO_FOLDER, made), atol=1e-5
    )


@pytest.mark.large
def test_picture_vectors_at_vit_l_14_size_equal_those_of_transformers(vit_l_14: Path) -> None:
    made = pictures(1)
    expected = reference.image_vectors(vit_l_14, made)
    exact = Embedder.load(vit_l_14, dtype="float32").embed_images(made)
    assert cosines(exact, expected).min() >= 0.9999
    np.testing.assert_allclose(exact, expected, atol=1e-4)
    halved = Embedder.load(vit_l_14, dtype="bfloat16").embed_images(made)
    assert 0.999 <= cosines(halved, expected).min() < 1 - 1e-7


def test_text_through_torch_equals_text_through_numpy(tiny: Path) -> None:
    from pixie.torch_tower import TorchTextTower, find_device

    embedder = Embedder.load(tiny)
    texts = ["a dog", "", "two birds on a wire, seen from below, in the evening", "x " * 90]
    ids = [tokens.ids for tokens in embedder._checkpoint.tokenizer(texts)]
    tower = TorchTextTower(embedder._checkpoint, find_device("cpu"), "float32")
    rows = tower(ids)
    np.testing.assert_allclose(reference.unit(rows), embedder.embed_texts(texts), atol=1e-5)


def test_vectors_are_unit_rows_of_float32_in_one_block(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    for vectors in (embedder.embed_texts(["a", "b c"]), embedder.embed_images(pictures(3))):
        assert vectors.dtype == np.float32
        assert vectors.flags.c_contiguous
        assert vectors.shape[1] == embedder.dimension == 32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_nothing_in_gives_no_rows(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    assert embedder.embed_texts([]).shape == (0, 32)
    assert embedder.embed_images([]).shape == (0, 32)
    assert embedder.embed_pixels(np.empty((0, 32, 32, 3), np.uint8)).shape == (0, 32)


def test_every_kind_of_picture_has_the_same_vector(tiny: Path, tmp_path: Path) -> None:
    picture = pictures(1)[0]
    picture.save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    embedder = Embedder.load(tiny)
    kinds: list[Any] = [
        *(tmp_path / "a.png", str(tmp_path / "a.png"), data, bytearray(data), memoryview(data)),
        *(picture, Image.open(BytesIO(data)), np.asarray(picture)),
        embedder.decode(picture)[0],
    ]
    vectors = embedder.embed_images(kinds)
    np.testing.assert_allclose(vectors, np.tile(vectors[:1], (len(kinds), 1)), atol=1e-5)


def test_many_pictures_have_the_vectors_they_have_alone(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    made = pictures(19)
    together = embedder.embed_images(made)
    alone = np.concatenate([embedder.embed_images([picture]) for picture in made])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_thirty_two_threads_get_the_vectors_that_one_gets(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    texts = [f"text number {number} of many" for number in range(32)]
    made = pictures(32)
    alone_texts, alone_pictures = embedder.embed_texts(texts), embedder.embed_images(made)
    start = threading.Barrier(32)

    def both(number: int) -> tuple[np.ndarray, np.ndarray]:
        start.wait(timeout=60)
        return embedder.embed_texts([texts[number]])[0], embedder.embed_images([made[number]])[0]

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(both, range(32)))
    np.testing.assert_allclose([text for text, _ in found], alone_texts, atol=1e-5)
    np.testing.assert_allclose([picture for _, picture in found], alone_pictures, atol=1e-5)


def test_only_the_tower_that_is_needed_is_loaded(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    embedder.embed_texts(["a"])
    assert embedder._vision is None
    other = Embedder.load(tiny)
    other.embed_images(pictures(1))
    assert other._text is None
    assert other._torch_text is None


def test_warming_loads_the_tower_and_settles_its_dtype(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    assert embedder.dtype == "auto"
    embedder.warm("image")
    assert embedder.dtype == "float32"
    embedder.warm("text")
    with pytest.raises(InvalidInputError):
        embedder.warm("sound")


def test_the_embedder_tells_what_it_is(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    assert embedder.name == str(tiny)
    assert embedder.folder == tiny
    assert (embedder.image_size, embedder.max_tokens) == (32, 77)
    assert set(embedder.batch_size) == {"image", "text"}
    assert re.fullmatch(r"[0-9a-f]{32}", embedder.fingerprint)
    assert Embedder.load("demo").is_demo
    assert not embedder.is_demo


def test_a_picture_that_cannot_be_read_is_named(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(ImageError) as caught:
        Embedder.load(tiny).embed_images([pictures(1)[0], tmp_path / "notes.png"])
    assert caught.value.item == str(tmp_path / "notes.png")
    assert caught.value.code == "not_an_image"


@pytest.mark.parametrize("texts", ["a single text", [b"bytes"], ["fine", None], [1]])
def test_texts_that_are_none_are_refused(tiny: Path, texts: Any) -> None:
    with pytest.raises(InvalidInputError):
        Embedder.load(tiny).embed_texts(texts)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 32, 32, 3)),
        np.zeros((32, 32, 3), np.uint8),
        np.zeros((1, 31, 32, 3), np.uint8),
        np.zeros((1, 32, 32, 4), np.uint8),
    ],
)
def test_pixels_of_another_shape_are_refused(tiny: Path, pixels: np.ndarray) -> None:
    with pytest.raises(InvalidInputError, match=re.escape("(n, 32, 32, 3)")):
        Embedder.load(tiny).embed_pixels(pixels)


def test_a_single_picture_instead_of_a_list_is_refused(tiny: Path) -> None:
    for single in ("a.png", Path("a.png"), b"data"):
        with pytest.raises(InvalidInputError, match="list"):
            Embedder.load(tiny).embed_images(single)  # type: ignore[arg-type]


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "", "mps", "CPU"])
def test_a_device_that_is_none_is_refused(tiny: Path, device: str) -> None:
    with pytest.raises(InvalidInputError, match="device"):
        Embedder.load(tiny, device=device)


def test_a_dtype_that_is_none_is_refused(tiny: Path) -> None:
    with pytest.raises(InvalidInputError, match="float32"):
        Embedder.load(tiny, dtype="int8")


def test_cuda_that_is_not_there_is_an_error_with_a_way_out(tiny: Path) -> None:
    embedder = Embedder.load(tiny, device="cuda:97")
    for embed in (lambda: embedder.embed_images(pictures(1)), lambda: embedder.embed_texts(["a"])):
        with pytest.raises(ModelError) as caught:
            embed()
        assert caught.value.code == "device"
        assert "cuda:97" in caught.value.message
        assert caught.value.fix is not None


@pytest.mark.skipif(cpu.may_have_gpu(), reason="a GPU's driver is here")
def test_auto_is_the_cpu_where_there_is_no_gpu(tiny: Path) -> None:
    assert Embedder.load(tiny).device == "cpu"


@pytest.mark.skipif(not cpu.may_have_gpu(), reason="no GPU's driver is here")
def test_a_gpu_gives_the_vectors_of_the_cpu(tiny: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch sees no CUDA device")
    made = pictures(5)
    here, there = Embedder.load(tiny, "cpu", "float32"), Embedder.load(tiny, "cuda", "float32")
    np.testing.assert_allclose(there.embed_images(made), here.embed_images(made), atol=1e-4)
    np.testing.assert_allclose(there.embed_texts(["a dog"]), here.embed_texts(["a dog"]), atol=1e-5)
    assert there.device == "cuda:0"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
@pytest.mark.parametrize("tower", ["text", "visual"])
def test_a_vector_without_a_direction_is_an_error_that_names_its_input(
    tiny: Path, tmp_path: Path, value: float, tower: str
) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "clip"))
    weights = load_file(folder / "model.safetensors")
    weights[f"{tower}_projection.weight"] = np.full_like(weights[f"{tower}_projection.weight"], value)
    save_file(weights, folder / "model.safetensors")
    embedder = Embedder.load(folder)
    with pytest.raises(ModelError) as caught:
        embedder.embed_texts(["a"]) if tower == "text" else embedder.embed_images(pictures(1))
    assert caught.value.code == "damaged"
    assert caught.value.item == ("text 0" if tower == "text" else "picture 0")
