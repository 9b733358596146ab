"""Stage ``image``: the image tower learns where the teacher puts each picture's captions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from .batches import Batches, stream
from .losses import SAME_MEANING, Bank, CaptionVectors, agree, contrast
from .optimizer import MixedPrecision
from .phrases import Phrases
from .prepare import load_drawings
from .progress import Progress
from .teacher import load_texts
from .tokenizer import VOCABULARY
from .towers import PATCHES, build, encode_images, parameters, start_vision

if TYPE_CHECKING:
    from .packages import Work

RATE = 2e-3
KEPT = 0.4  # of the patches, while training: recall@10 of 31 against 24 with patch 16 at equal cost
WHOLE_FROM = 0.95  # of the steps: all patches, as in use
RESTYLED_UNTIL = 0.8  # other drawing styles help the unseen style but blur the seen ones if kept to the end
TOWER = ("vision_model.", "visual_projection.", "logit_scale")


def train_image(work: Work, *, steps: int, size: int, seed: int = 0) -> None:
    """Train for ``steps`` batches of ``size`` pictures into ``cache/image.pt``; goes on if stopped."""
    torch.manual_seed(seed)
    drawings, texts = load_drawings(work), load_texts(work)
    phrases = Phrases(drawings.concepts)
    batches = Batches(
        drawings, phrases, size=size, steps=steps, restyled=int(RESTYLED_UNTIL * steps), seed=seed
    )
    vectors = CaptionVectors(phrases, texts)
    bank = Bank(drawings, phrases, batches.concepts, vectors.phrases)
    model = build(VOCABULARY)
    start_vision(model)
    model.logit_scale.data.fill_(math.log(20))
    optimizer = MixedPrecision(model, parameters(model, *TOWER), steps, RATE)
    progress = Progress(work.cache, "image", steps)
    first = progress.resume(optimizer)
    generator = torch.Generator()
    for i, batch in enumerate(stream(batches, first), first):
        generator.manual_seed(seed * 1_000_003 + i)
        keep = int(KEPT * PATCHES) if i < WHOLE_FROM * steps else PATCHES
        pictures = encode_images(optimizer.net, batch.pixels, keep, generator)
        captions = vectors.of(batch.captions)
        scale = optimizer.net.logit_scale.float().exp()
        losses = {
            "contrast": contrast(
                captions, pictures, scale, batch.true | (captions @ captions.T > SAME_MEANING)
            ),
            "bank": bank.loss(pictures, batch, scale),
            "pull": bank.pull(pictures, batch, captions),
            "agree": agree(pictures, batch, scale),
        }
        optimizer.step(losses["contrast"] + losses["bank"] + losses["pull"] + 0.3 * losses["agree"], i)
        progress.step(i, optimizer, losses)
    progress.finish({k: v for k, v in model.state_dict().items() if k.startswith(TOWER)})
