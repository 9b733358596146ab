"""Batches of phrases with their teacher vectors for the distillation. Batch i depends on (seed, i) alone."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from .corpus import WEIGHTS

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

    from .teacher import Texts

# "a photo of a cat" should find what "cat" finds: these frames add nothing to the meaning.
FRAMES = (
    "a picture of a {}|a photo of a {}|an image of {}|{} emoji|a drawing of a {}|an icon of a {}"
    "|picture of {}|clip art of {}|photo of {}|show me a {}|i want a {}|a {}|the {}|sketch of a {}"
    "|this is a {}|a cartoon {}"
).split("|")
FRAMED_SHARE = 0.25  # of a framed phrase's own vector in its target
BATCHES_PER_DRAW = 16  # drawn together and sorted by length, so that little is padded
LISTS = 0.04  # share of batches of long caption lists, which train all 77 positions
LONGEST = 48  # tokens


class TextBatches:
    """Token ids and target vectors of random phrases, drawn by WEIGHTS; ``held_out`` phrases never."""

    def __init__(
        self, texts: Texts, tokenizer: CLIPTokenizer, *, size: int, seed: int, held_out: torch.Tensor
    ) -> None:
        self._texts, self._tokenizer, self._size, self._seed = texts, tokenizer, size, seed
        self.targets = self._fold_frames(texts)
        encoded = tokenizer(texts.phrases, truncation=True, max_length=LONGEST)["input_ids"]
        self.lengths = torch.tensor([len(e) for e in encoded])
        width, pad = int(self.lengths.max()), tokenizer.pad_token_id
        self._ids = torch.tensor([e + [pad] * (width - len(e)) for e in encoded], dtype=torch.int32)
        self._weights = torch.tensor([WEIGHTS[k] for k in texts.kinds])
        self._weights[held_out] = 0
        self._captions = [i for i, k in enumerate(texts.kinds) if k in ("name", "caption")]
        self._drawn: tuple[int, list[torch.Tensor]] = (-1, [])

    @staticmethod
    def _fold_frames(texts: Texts) -> torch.Tensor:
        at = {t: i for i, t in enumerate(texts.phrases)}
        ends = [(f.split("{}")[0], f.split("{}")[1]) for f in FRAMES]
        out = texts.vectors.clone()
        for i, (phrase, kind) in enumerate(zip(texts.phrases, texts.kinds, strict=True)):
            if kind not in ("templated", "made"):
                continue
            inner = [
                phrase[len(a) : len(phrase) - len(b)]
                for a, b in ends
                if phrase.startswith(a) and phrase.endswith(b)
            ]
            known = [w for w in inner if w in at]
            if known:
                own = texts.vectors[at[max(known, key=len)]]
                out[i] = FRAMED_SHARE * texts.vectors[i] + (1 - FRAMED_SHARE) * own
        return F.normalize(out, dim=-1)

    def ids(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the padded token ids of phrases, int64 [len(rows), longest of them]."""
        return self._ids[rows, : int(self.lengths[rows].max())].long()

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (ids int64 [n, tokens], unit targets float32 [n, 256]) of one step."""
        rng = random.Random(f"text {self._seed} {step}")
        if rng.random() < LISTS:
            return self._lists(rng)
        draw, place = divmod(step, BATCHES_PER_DRAW)
        if self._drawn[0] != draw:
            generator = torch.Generator().manual_seed(self._seed * 1_000_003 + draw)
            rows = torch.multinomial(self._weights, self._size * BATCHES_PER_DRAW, True, generator=generator)
            parts = list(rows[self.lengths[rows].argsort()].split(self._size))
            random.Random(f"order {self._seed} {draw}").shuffle(parts)
            self._drawn = (draw, parts)
        rows = self._drawn[1][place]
        return self.ids(rows), self.targets[rows]

    def _lists(self, rng: random.Random) -> tuple[torch.Tensor, torch.Tensor]:
        lists = [rng.choices(self._captions, k=rng.randint(3, 14)) for _ in range(self._size // 6)]
        said = [", ".join(self._texts.phrases[i] for i in rows) for rows in lists]
        ids = self._tokenizer(said, padding=True, truncation=True, max_length=77, return_tensors="pt")[
            "input_ids"
        ]
        targets = torch.stack([self.targets[torch.tensor(rows)].mean(0) for rows in lists])
        whole = ids[:, -1] == self._tokenizer.pad_token_id  # a list cut off at 77 tokens misses its end
        return ids[whole], F.normalize(targets[whole], dim=-1)


def distil(students: torch.Tensor, targets: torch.Tensor, scale: float = 20.0) -> torch.Tensor:
    """Regress onto the teacher's vectors and keep their neighbourhoods inside the batch."""
    wanted = (scale * targets @ targets.T).log_softmax(1)
    got = (scale * students @ targets.T).log_softmax(1)
    kept = F.kl_div(got, wanted, log_target=True, reduction="batchmean")
    return 5 * (1 - (students * targets).sum(1).mean()) + kept
