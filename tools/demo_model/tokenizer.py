"""A byte-level BPE tokenizer of CLIP's kind, trained on the corpus."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import CLIPTokenizer

VOCABULARY = 7_000
CAPTION_REPEATS = 6  # captions count six times, so that names get few tokens each
START, END = "<|startoftext|>", "<|endoftext|>"


def train_tokenizer(texts: Sequence[str], kinds: Sequence[str]) -> CLIPTokenizer:
    """Train the tokenizer; its ids depend on the corpus alone.

    Raises
    ------
    RuntimeError
        If RAYON_NUM_THREADS is not 1: with several threads equally frequent merges come in any order.

    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    if os.environ.get("RAYON_NUM_THREADS") != "1":
        raise RuntimeError("the tokenizer's ids vary with several threads; set RAYON_NUM_THREADS=1")
    clip = CLIPTokenizer(vocab={START: 0, END: 1}, merges=[]).backend_tokenizer
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    bpe.normalizer, bpe.pre_tokenizer = clip.normalizer, clip.pre_tokenizer
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 2,
        initial_alphabet=letters,
        special_tokens=[c + "</w>" for c in letters],
        end_of_word_suffix="</w>",
        min_frequency=2,
        show_progress=False,
    )
    captions = ("name", "caption")
    repeated = (
        t for t, k in zip(texts, kinds, strict=True) for _ in range(CAPTION_REPEATS if k in captions else 1)
    )
    bpe.train_from_iterator(repeated, trainer)
    model = json.loads(bpe.to_str())["model"]
    order = sorted(model["vocab"], key=model["vocab"].get)
    vocab = {t: i for i, t in enumerate(dict.fromkeys([*order, *(c + "</w>" for c in letters), START, END]))}
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=77)
