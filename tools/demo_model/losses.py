"""Captions as vectors in the teacher's space, and the losses that pull pictures towards them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from .categories import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .batches import Batch, Caption
    from .phrases import Phrases
    from .prepare import Drawings
    from .teacher import Texts

IMPOSSIBLE = -1e4  # a logit that takes no part
SAME_MEANING = 0.9  # teacher cosine over which a caption is not counted as wrong


class CaptionVectors:
    """The teacher's vectors of captions; a caption of several phrases is their mean."""

    def __init__(self, phrases: Phrases, texts: Texts) -> None:
        at = {t: i for i, t in enumerate(texts.phrases)}
        own = [at[t] for t in phrases.text]
        self._coloured: dict[tuple[int, int], int] = {}
        for p in sorted({ids["name"][0] for ids in phrases.of if ids["name"]}):
            for i, colour in enumerate(COLOURS):
                row = at.get(f"{colour} {phrases.text[p]}")
                if row is not None:
                    self._coloured[i, p] = len(own)
                    own.append(row)
        self._vectors = texts.vectors[torch.tensor(own)]
        self.phrases = self._vectors[: len(phrases.text)]

    def of(self, captions: Sequence[Caption]) -> torch.Tensor:
        """Return unit vectors [len(captions), 256]."""
        rows: list[int] = []
        starts: list[int] = []
        for c in captions:
            starts.append(len(rows))
            rows.append(self._coloured.get((c.colour, c.phrase), c.phrase))
            rows += c.more if c.companion < 0 else (c.companion,)
        mean = F.embedding_bag(torch.tensor(rows), self._vectors, torch.tensor(starts), mode="mean")
        return F.normalize(mean, dim=-1)


def contrast(
    texts: torch.Tensor, pictures: torch.Tensor, scale: torch.Tensor, fits: torch.Tensor
) -> torch.Tensor:
    """CLIP's symmetric loss; pairs off the diagonal where ``fits`` is set are left out."""
    n = len(texts)
    logits = (scale * texts @ pictures.T).masked_fill(fits & ~torch.eye(n, dtype=torch.bool), IMPOSSIBLE)
    here = torch.arange(n)
    return (F.cross_entropy(logits, here) + F.cross_entropy(logits.T, here)) / 2


def agree(pictures: torch.Tensor, batch: Batch, scale: torch.Tensor) -> torch.Tensor:
    """Image-image contrast: the other style of the same drawing among all pictures of the batch."""
    n = len(pictures)
    other = (torch.arange(n) + n // 2) % n
    key = batch.first * 1_000_003 + batch.second
    skipped = key[:, None] == key
    skipped[torch.arange(n), other] = False
    logits = (scale.detach().clamp(max=20) * pictures @ pictures.T).masked_fill(skipped, IMPOSSIBLE)
    return F.cross_entropy(logits, other)


class Bank:
    """All caption phrases as fixed vectors: every picture against every phrase that is not true of it."""

    def __init__(
        self, drawings: Drawings, phrases: Phrases, concepts: Sequence[int], vectors: torch.Tensor
    ) -> None:
        n = len(drawings.concepts)
        self._vectors = vectors
        self.centroids = torch.zeros(n, vectors.shape[1])
        self._wrong = torch.zeros(n, len(vectors), dtype=torch.bool)
        is_name = torch.zeros(len(vectors), dtype=torch.bool)
        for c in concepts:
            if drawings.concepts[c].kind in ("emoji", "shape"):
                is_name[phrases.of[c]["name"]] = True
        # Near synonyms of a true phrase are not wrong, unless they are another emoji's name.
        limit = torch.where(is_name, 0.97, 0.8)
        for c in concepts:
            weights = phrases.weights(c)
            ids = torch.tensor(list(weights))
            self.centroids[c] = F.normalize(
                (vectors[ids] * torch.tensor(list(weights.values()))[:, None]).sum(0), dim=0
            )
            close = torch.tensor([p for k in ("name", "keyword", "kind") for p in phrases.of[c][k]])
            near = (vectors @ vectors[close].T).amax(1)
            self._wrong[c] = ~phrases.true[:, c] & (near <= limit)

    def refresh(self, vectors: torch.Tensor) -> None:
        """Put the text tower's present vectors in the place of the teacher's; what is wrong stays."""
        self._vectors = vectors

    def loss(self, pictures: torch.Tensor, batch: Batch, scale: torch.Tensor) -> torch.Tensor:
        """Each drawn true phrase against all wrong phrases."""
        logits = scale * pictures @ self._vectors.T
        alone = (batch.second < 0)[:, None]
        wrong = self._wrong[batch.first] & (self._wrong[batch.second.clamp(min=0)] | alone)
        against = logits.masked_fill(~wrong, IMPOSSIBLE).logsumexp(1, keepdim=True)
        return F.softplus(against - logits.gather(1, batch.positives)).mean()

    def pull(self, pictures: torch.Tensor, batch: Batch, captions: torch.Tensor) -> torch.Tensor:
        """Distance to the mean of all that is said of the picture."""
        both = self.centroids[batch.second.clamp(min=0)] * (batch.second >= 0)[:, None]
        target = F.normalize(self.centroids[batch.first] + both + 0.5 * captions, dim=-1)
        return 1 - (pictures * target).sum(1).mean()


class Wall:
    """All emoji as fixed vectors, each the mean of its drawings: captions against all emoji they do not fit.

    This is the search the model is for; a batch alone holds too few pictures to stand for a gallery.
    """

    def __init__(self, drawings: Drawings, phrases: Phrases, concepts: Sequence[int]) -> None:
        self.concepts = torch.tensor([c for c in concepts if drawings.concepts[c].kind == "emoji"])
        self._true = phrases.true[:, self.concepts]
        self._place = torch.full((len(drawings.concepts),), -1)
        self._place[self.concepts] = torch.arange(len(self.concepts))
        self._vectors = torch.empty(0)

    def refresh(self, vectors: torch.Tensor) -> None:
        """Take the emoji's present vectors, [len(concepts), 256]."""
        self._vectors = vectors

    def loss(self, texts: torch.Tensor, batch: Batch, scale: torch.Tensor) -> torch.Tensor:
        """Cross-entropy over the emoji; captions of clip art, shapes, two things or a colour take no part."""
        at = self._place[batch.first]
        plain = torch.tensor([c.colour < 0 for c in batch.captions])
        rows = ((at >= 0) & (batch.second < 0) & plain).nonzero()[:, 0]
        at = at[rows]
        also = self._true[torch.tensor([batch.captions[r].phrase for r in rows.tolist()])]
        also[torch.arange(len(rows)), at] = False
        return F.cross_entropy((scale * texts[rows] @ self._vectors.T).masked_fill(also, IMPOSSIBLE), at)
