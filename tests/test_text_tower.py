"""The NumPy text tower and the tokenizer, held to transformers'."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

import random_checkpoint
import transformers_reference as reference
from pixie.checkpoint import DEMO_FOLDER, Checkpoint
from pixie.embedder import Embedder
from pixie.text_tower import TextTower, gelu, prefix_tree
from pixie.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "a dog on a beach",
    "",
    "x",
    "Don't stop, we'll be there at 12:30!",
    "the quick brown fox jumps over the lazy dog " * 3,
    "ein schöner Tag am See",
    "猫が窓辺で眠っている",
    "two women 👩‍❤️‍👩 and a flag 🇱🇹",
    "word " * 100,
    "a cat",
]


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_vectors_equal_those_of_transformers(tmp_path: Path, activation: str, dtype: str) -> None:
    folder = random_checkpoint.write_checkpoint(tmp_path / "clip", "tiny", dtype, hidden_act=activation)
    np.testing.assert_allclose(
        Embedder.load(folder).embed_texts(TEXTS), reference.text_vectors(folder, TEXTS), atol=1e-5
    )


def test_vectors_of_the_demo_model_equal_those_of_transformers() -> None:
    np.testing.assert_allclose(
        Embedder.load("demo").embed_texts(TEXTS), reference.text_vectors(DEMO_FOLDER, TEXTS), atol=1e-5
    )


@pytest.mark.large
def test_vectors_at_vit_l_14_size_equal_those_of_transformers(vit_l_14: Path) -> None:
    np.testing.assert_allclose(
        Embedder.load(vit_l_14).embed_texts(TEXTS), reference.text_vectors(vit_l_14, TEXTS), atol=1e-5
    )


@pytest.mark.parametrize("eos", [2, None])
def test_both_conventions_of_the_end_mark_give_the_vectors_of_transformers(
    tmp_path: Path, eos: int | None
) -> None:
    """Older configurations say 2 and mean the highest id; newer ones name the end mark itself."""
    override: dict[str, Any] = {} if eos is None else {"eos_token_id": eos}
    folder = random_checkpoint.write_checkpoint(tmp_path / "clip", "tiny", **override)
    texts = [*TEXTS, "early <|endoftext|> end"]
    np.testing.assert_allclose(
        Embedder.load(folder).embed_texts(texts), reference.text_vectors(folder, texts), atol=1e-5
    )


def test_an_activation_the_tower_does_not_know_goes_through_torch(tmp_path: Path) -> None:
    folder = random_checkpoint.write_checkpoint(tmp_path / "clip", "tiny", hidden_act="gelu_new")
    assert not TextTower.covers(Checkpoint.open(folder).text)
    np.testing.assert_allclose(
        Embedder.load(folder).embed_texts(TEXTS), reference.text_vectors(folder, TEXTS), atol=1e-5
    )


def test_bfloat16_weights_are_read_exactly(tiny: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "bfloat16"
    shutil.copytree(tiny, folder)
    weights = {name: weight.bfloat16() for name, weight in load_file(tiny / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors")
    mine = Checkpoint.open(folder).weights
    for name, weight in weights.items():
        np.testing.assert_array_equal(mine.float32(name), weight.to(torch.float32).numpy())
    np.testing.assert_allclose(
        Embedder.load(folder).embed_texts(TEXTS), reference.text_vectors(folder, TEXTS), atol=1e-5
    )


def test_a_text_has_the_same_vector_alone_and_in_any_batch(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    alone = np.concatenate([embedder.embed_texts([text]) for text in TEXTS])
    np.testing.assert_allclose(embedder.embed_texts(TEXTS), alone, atol=1e-5)
    np.testing.assert_allclose(embedder.embed_texts(TEXTS[::-1]), alone[::-1], atol=1e-5)
    many = embedder.embed_texts(TEXTS * 7)
    np.testing.assert_allclose(many, np.tile(alone, (7, 1)), atol=1e-5)


def test_texts_that_begin_alike_have_the_vectors_they_have_alone(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    texts = [
        "a",
        "a photo",
        "a photo of a dog",
        "a photo of a cat",
        "photo of a cat",
        "a photo of a dog",
        "a",
    ]
    alone = np.concatenate([embedder.embed_texts([text]) for text in texts])
    np.testing.assert_allclose(embedder.embed_texts(texts), alone, atol=1e-5)


@pytest.mark.parametrize("count", [7, 8, 9, 30])
def test_threads_that_share_a_batch_give_the_vectors_of_one(tiny: Path, count: int) -> None:
    checkpoint = Checkpoint.open(tiny)
    ids = [text.ids for text in checkpoint.tokenizer((TEXTS * 3)[:count])]
    shared = TextTower(checkpoint.text, checkpoint.weights, threads=3)
    np.testing.assert_allclose(shared(ids), TextTower(checkpoint.text, checkpoint.weights)(ids), atol=1e-5)
    # A helper's failure is the batch's.
    with pytest.raises(IndexError):
        shared([*ids[:8], [10**9]])


def test_a_beginning_that_texts_share_is_computed_once() -> None:
    tree = prefix_tree([[9, 1, 2, 8], [9, 1, 3, 8], [9, 1, 2, 8], [9, 2]])
    assert tree.ids.tolist() == [9, 1, 2, 8, 3, 8, 2]
    assert tree.positions.tolist() == [0, 1, 2, 3, 2, 3, 1]
    assert tree.ends.tolist() == [3, 5, 3, 6]
    assert [(texts.tolist(), paths.tolist()) for texts, paths in tree.groups] == [
        ([0, 1, 2], [[0, 1, 2, 3], [0, 1, 4, 5], [0, 1, 2, 3]]),
        ([3], [[0, 6]]),
    ]


def test_texts_differ_enough_for_a_wrong_tower_to_show(tiny: Path) -> None:
    vectors = Embedder.load(tiny).embed_texts(TEXTS)
    cosines = vectors @ vectors.T
    assert np.abs(cosines - np.eye(len(TEXTS))).max() < 0.98


def test_a_long_text_is_cut_and_the_result_says_which(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    long = "a " * 100
    vectors, warnings = embedder.embed_texts_with_warnings(["short", long, "a " * 75])
    assert [(warning["index"], warning["code"]) for warning in warnings] == [(1, "text_truncated")]
    assert "77" in warnings[0]["message"]
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[1], embedder.embed_texts([long + "more"])[0], atol=1e-6)


@pytest.mark.parametrize("text", ["\ud83d", "a \udc00 b", "\udc00\ud83d"])
def test_half_a_surrogate_pair_counts_as_a_replacement_character(tiny: Path, text: str) -> None:
    embedder = Embedder.load(tiny)
    whole = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in text)
    np.testing.assert_allclose(embedder.embed_texts([text]), embedder.embed_texts([whole]), atol=1e-6)


def test_two_halves_of_a_surrogate_pair_are_the_character_they_mean(tiny: Path) -> None:
    embedder = Embedder.load(tiny)
    np.testing.assert_allclose(
        embedder.embed_texts(["\ud83d\ude00"]), embedder.embed_texts(["😀"]), atol=1e-6
    )


def test_weights_stay_memory_mapped_until_they_are_used(tiny: Path) -> None:
    weights = Checkpoint.open(tiny).weights
    view = weights.float32("text_projection.weight")
    assert not view.flags.owndata
    assert not view.flags.writeable


def test_gelu_is_that_of_the_normal_distribution() -> None:
    import math

    x = np.linspace(-8, 8, 4001, dtype=np.float32)
    exact = [value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x.tolist()]
    np.testing.assert_allclose(gelu(x.copy()), exact, atol=1e-6)


@pytest.fixture(scope="module", params=["tokenizer.json", "vocab.json and merges.txt"])
def tokenizers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """transformers' tokenizer and Pixie's, over the files that a checkpoint may come with."""
    folder = tmp_path_factory.mktemp("tokenizer") / "clip"
    random_checkpoint.write_checkpoint(folder, "tiny")
    if request.param != "tokenizer.json":
        (folder / "tokenizer.json").unlink()
    return CLIPTokenizer.from_pretrained(folder), Tokenizer(folder, 77)


def same_ids(tokenizers: tuple[Any, Any], text: str) -> bool:
    theirs, ours = tokenizers
    ids: list[int] = theirs(text, truncation=True, max_length=77)["input_ids"]
    return ids == ours([text])[0].ids


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS,
        "   \t\n  ",
        "CAFÉ Cafe\u0301 naïve",
        "İstanbul ǅ ß ﬁ Ω",
        "don't I'LL we've 3.14 1,000,000",
        "<|startoftext|> twice <|endoftext|>",
        "nul \0 and \x7f and \u200b and \ufeff",
        "한국어 العربية עברית ไทย हिन्दी",
        "😀👨‍👩‍👧‍👦🏳️‍🌈",
        "?!?!...---___///",
    ],
)
def test_tokens_equal_those_of_transformers(tokenizers: tuple[Any, Any], text: str) -> None:
    assert same_ids(tokenizers, text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=120))
def test_tokens_of_any_text_equal_those_of_transformers(tokenizers: tuple[Any, Any], text: str) -> None:
    assert same_ids(tokenizers, text)


def test_a_tokenizer_file_that_pads_and_cuts_by_itself_changes_nothing(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    shutil.copytree(tiny, folder)
    file = folder / "tokenizer.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["padding"] = {
        "strategy": {"Fixed": 77},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "!",
    }
    settings["truncation"] = {
        "direction": "Right",
        "max_length": 4,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    file.write_text(json.dumps(settings), encoding="utf-8")
    assert Tokenizer(folder, 77)(TEXTS) == Tokenizer(tiny, 77)(TEXTS)
