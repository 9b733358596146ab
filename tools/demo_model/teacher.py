"""The text teacher, all-MiniLM-L6-v2, and the space the demo model shares with it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from .corpus import build_corpus, coloured_names
from .phrases import Phrases
from .prepare import load_drawings
from .wordnet import WordNet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .packages import Work

DIMENSIONS = 256  # of the teacher's 384; the centred PCA keeps 95 % of the variance
CAPTION_WEIGHT = 8.0


def embed(work: Work, texts: Sequence[str], say: Callable[[str], None] | None = None) -> torch.Tensor:
    """Return the teacher's embeddings, float32 [len(texts), 384], unit length (mean pooling, bfloat16)."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(work.teacher)
    model = AutoModel.from_pretrained(work.teacher, dtype=torch.bfloat16, attn_implementation="eager").eval()
    ids = tokenizer(list(texts), truncation=True, max_length=64)["input_ids"]
    order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
    out = torch.empty(len(texts), 384)
    start, at, told = time.monotonic(), 0, 0
    with torch.inference_mode():
        while at < len(order):
            rows = order[at : at + max(8, 4096 // len(ids[order[at]]))]  # about 4,096 tokens a batch
            at += len(rows)
            width = max(len(ids[r]) for r in rows)
            x = torch.tensor([ids[r] + [0] * (width - len(ids[r])) for r in rows])
            mask = torch.tensor([[1] * len(ids[r]) + [0] * (width - len(ids[r])) for r in rows])
            hidden = model(input_ids=x, attention_mask=mask).last_hidden_state.float()
            out[torch.tensor(rows)] = F.normalize((hidden * mask[..., None]).sum(1), dim=-1)
            if say and at - told >= 50_000:
                told = at
                say(f"{at}/{len(order)} phrases, {time.monotonic() - start:.0f} s")
    return out


@dataclass
class Texts:
    """The corpus in the shared space.

    ``phrases`` and ``kinds`` have one entry a phrase, ``vectors`` float32 [phrases, 256] of unit length;
    ``mean`` [384] and ``basis`` [384, 256] map a teacher embedding into the shared space.
    """

    phrases: list[str]
    kinds: list[str]
    vectors: torch.Tensor
    mean: torch.Tensor
    basis: torch.Tensor

    def project(self, z: torch.Tensor) -> torch.Tensor:
        """Map teacher embeddings [n, 384] into the shared space, unit length."""
        return F.normalize((z.float() - self.mean) @ self.basis, dim=-1)

    def rows(self, phrases: Sequence[str]) -> torch.Tensor:
        """Return the vectors of phrases that are in the corpus, [len(phrases), 256]."""
        at = {t: i for i, t in enumerate(self.phrases)}
        return self.vectors[torch.tensor([at[p] for p in phrases])]


def load_texts(work: Work) -> Texts:
    """Read what the stage ``embed`` stored."""
    return Texts(**torch.load(work.cache / "texts.pt", weights_only=False))


def embed_corpus(work: Work) -> None:
    """Stage ``embed``: make the corpus, embed it (about 6 minutes on one core) into ``cache/texts.pt``."""
    drawings = load_drawings(work)
    phrases = Phrases(drawings.concepts)
    coloured = coloured_names(drawings.concepts, drawings.concept, drawings.colours)
    corpus = build_corpus(drawings.concepts, phrases, coloured, WordNet(work.debian / "usr/share/wordnet"))
    texts, kinds = list(corpus.kind_of), list(corpus.kind_of.values())
    print(f"{len(texts)} phrases: {dict(Counter(kinds))}", flush=True)
    z = embed(work, texts, lambda line: print(line, flush=True))
    captions = ("name", "caption", "coloured")
    w = torch.tensor([CAPTION_WEIGHT if k in captions else 1.0 for k in kinds])[:, None]
    w /= w.sum()
    mean = (z * w).sum(0)
    centred = z - mean
    values, vectors = torch.linalg.eigh((centred * w).T @ centred)
    basis = vectors.flip(1)[:, :DIMENSIONS].contiguous()
    kept = float(values.flip(0)[:DIMENSIONS].sum() / values.sum())
    print(f"PCA to {DIMENSIONS} dimensions keeps {kept:.3f} of the variance")
    stored = Texts(texts, kinds, F.normalize(centred @ basis, dim=-1), mean, basis)
    torch.save(vars(stored), work.cache / "texts.pt")
