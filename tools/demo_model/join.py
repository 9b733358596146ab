"""Stage ``join``: both towers together, names and flags weighted up; then the model folder is written."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from .augment import normalise
from .batches import Batches, stream
from .export import export, load_towers
from .losses import Bank, CaptionVectors, Wall, agree, contrast
from .optimizer import MixedPrecision
from .phrases import Phrases
from .prepare import Drawings, load_drawings
from .progress import Progress
from .styles import MONOCHROME, STYLES, UNSEEN
from .teacher import load_texts
from .text_batches import TextBatches, distil
from .towers import IMAGE, PATCHES, encode_images, encode_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from transformers import CLIPModel

    from .packages import Work

RATE = 6e-4
KEPT = 0.4  # of the patches, in WITHOUT of the steps
WITHOUT = 0.6
RESTYLED_UNTIL = 0.5
SAID = {"name": 0.50, "keyword": 0.36, "category": 0.07, "kind": 0.03, "gloss": 0.04}
FLAGS = 0.22  # of the emoji; 14 % are flags
REFRESH = 100  # steps between fresh vectors of all phrases and all emoji
PHRASES = 256  # per step, to keep what the text tower learnt from the teacher
LONGEST = 24  # tokens of a caption


@torch.no_grad()
def _phrase_vectors(
    net: CLIPModel, tokens: Callable[[Sequence[str]], torch.Tensor], texts: Sequence[str]
) -> torch.Tensor:
    return torch.cat([encode_texts(net, tokens(texts[i : i + 512])) for i in range(0, len(texts), 512)])


@torch.no_grad()
def _emoji_vectors(net: CLIPModel, drawings: Drawings, concepts: torch.Tensor) -> torch.Tensor:
    """The mean vector of each emoji's coloured drawings, [len(concepts), 256]."""
    skipped = torch.tensor([STYLES.index(s) for s in (*UNSEEN, *MONOCHROME)])
    place = torch.full((len(drawings.concepts),), -1)
    place[concepts] = torch.arange(len(concepts))
    rows = ((place[drawings.concept] >= 0) & ~torch.isin(drawings.style, skipped)).nonzero()[:, 0]
    sums = torch.zeros(len(concepts), 256)
    for part in rows.split(256):
        p = drawings.pixels[part].permute(0, 3, 1, 2).float() / 255
        p = F.interpolate(p[:, :3] + 1 - p[:, 3:], size=(IMAGE, IMAGE), mode="bicubic", antialias=True)
        z = encode_images(net, normalise(p.clamp(0, 1)).bfloat16())
        sums.index_add_(0, place[drawings.concept[part]], z)
    return F.normalize(sums, dim=-1)


def join(work: Work, folder: Path, *, steps: int, size: int, seed: int = 0) -> None:
    """Train both towers for ``steps`` batches of ``size`` pictures and write the model to ``folder``."""
    from transformers import AutoTokenizer

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(work.cache / "tokenizer")
    writer = AutoTokenizer.from_pretrained(work.cache / "tokenizer")
    drawings, texts = load_drawings(work), load_texts(work)
    phrases = Phrases(drawings.concepts)
    restyled = int(RESTYLED_UNTIL * steps)
    batches = Batches(
        drawings, phrases, size=size, steps=steps, restyled=restyled, seed=seed + 1, said=SAID, flags=FLAGS
    )
    bank = Bank(drawings, phrases, batches.concepts, CaptionVectors(phrases, texts).phrases)
    wall = Wall(drawings, phrases, batches.concepts)
    spoken = TextBatches(
        texts, tokenizer, size=PHRASES, seed=seed + 1, held_out=torch.tensor([], dtype=torch.long)
    )
    del texts
    model = load_towers(work, len(tokenizer))
    names = [n for n, _ in model.named_parameters()]
    optimizer = MixedPrecision(model, names, steps, RATE)
    net = optimizer.net

    def tokens(said: Sequence[str]) -> torch.Tensor:
        ids = tokenizer(list(said), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        found: torch.Tensor = ids["input_ids"]
        return found

    progress = Progress(work.cache, "join", steps, every=REFRESH)
    first = progress.resume(optimizer)
    generator = torch.Generator()
    for i, batch in enumerate(stream(batches, first), first):
        if i % REFRESH == 0 or i == first:
            bank.refresh(_phrase_vectors(net, tokens, phrases.text))
            wall.refresh(_emoji_vectors(net, drawings, wall.concepts))
        generator.manual_seed(seed * 1_000_003 + i)
        keep = int(KEPT * PATCHES) if random.Random(f"{seed} {i}").random() < WITHOUT else PATCHES
        pictures = encode_images(net, batch.pixels, keep, generator)
        captions = encode_texts(net, tokens([c.text for c in batch.captions]))
        scale = net.logit_scale.float().exp()
        ids, targets = spoken(i)
        losses = {
            "contrast": contrast(captions, pictures, scale, batch.true),
            "bank": bank.loss(pictures, batch, scale),
            "wall": wall.loss(captions, batch, scale),
            "agree": agree(pictures, batch, scale),
            "distil": distil(encode_texts(net, ids), targets),
        }
        total = (
            losses["contrast"]
            + losses["bank"]
            + 0.5 * losses["wall"]
            + 0.3 * losses["agree"]
            + losses["distil"]
        )
        optimizer.step(total, i)
        progress.step(i, optimizer, losses)
    progress.finish(model.state_dict())
    export(model, writer, folder)
