"""Stage ``text``: the tokenizer is made, and the text tower learns the teacher's vectors of the corpus."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch

from .optimizer import MixedPrecision
from .progress import Progress
from .teacher import embed, load_texts
from .text_batches import TextBatches, distil
from .tokenizer import train_tokenizer
from .towers import build, encode_texts, parameters, start_text

if TYPE_CHECKING:
    from transformers import CLIPModel

    from .packages import Work

RATE = 2e-3
TOWER = ("text_model.", "text_projection.")
WATCHED = ("gloss", "example", "word", "made")  # kinds of phrase of which some are held out


def make_tokenizer(work: Work) -> None:
    """Stage ``tokenizer``: train the tokenizer into ``cache/tokenizer``."""
    texts = load_texts(work)
    tokenizer = train_tokenizer(texts.phrases, texts.kinds)
    tokenizer.save_pretrained(work.cache / "tokenizer")
    print(f"{len(tokenizer)} tokens")


@torch.no_grad()
def _cosines(net: CLIPModel, batches: TextBatches, rows: dict[str, torch.Tensor]) -> str:
    parts = []
    for kind, at in rows.items():
        z = encode_texts(net, batches.ids(at))
        parts.append(f"{kind} {float((z * batches.targets[at]).sum(1).mean()):.3f}")
    return "cosine to the teacher: " + "  ".join(parts)


def train_text(work: Work, *, steps: int, size: int = 512, seed: int = 0) -> None:
    """Train for ``steps`` batches of ``size`` phrases into ``cache/text.pt``; goes on if stopped."""
    from transformers import AutoTokenizer

    torch.manual_seed(seed)
    texts = load_texts(work)
    tokenizer = AutoTokenizer.from_pretrained(work.cache / "tokenizer")
    chooser = random.Random(5)
    held_out = torch.tensor(chooser.sample([i for i, k in enumerate(texts.kinds) if k in WATCHED], 1_500))
    batches = TextBatches(texts, tokenizer, size=size, seed=seed, held_out=held_out)
    watched = {k: torch.tensor([i for i in held_out.tolist() if texts.kinds[i] == k]) for k in WATCHED}
    watched["name"] = torch.tensor([i for i, k in enumerate(texts.kinds) if k == "name"])
    model = build(len(tokenizer))
    vocabulary = tokenizer.get_vocab()
    pieces = [t.replace("</w>", "") for t in sorted(vocabulary, key=vocabulary.__getitem__)]
    start_text(model, texts.project(embed(work, pieces)))
    # AdamW at half the rate: the token vectors start near their goal.
    optimizer = MixedPrecision(model, parameters(model, *TOWER), steps, RATE, adamw=0.5)
    progress = Progress(work.cache, "text", steps)
    for i in range(progress.resume(optimizer), steps):
        ids, targets = batches(i)
        loss = distil(encode_texts(optimizer.net, ids), targets)
        optimizer.step(loss, i)
        progress.step(i, optimizer, {"distil": loss})
        if (i + 1) % 500 == 0:
            progress.say(_cosines(optimizer.net, batches, watched))
    progress.say(_cosines(optimizer.net, batches, watched))
    progress.finish({k: v for k, v in model.state_dict().items() if k.startswith(TOWER)})
