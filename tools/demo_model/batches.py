"""Training batches: which drawings, with which captions. Batch i depends on (seed, i) alone."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.utils.data import DataLoader, Dataset

from .augment import compose
from .categories import COLOURS
from .concepts import FLAGS_GROUP, SYMBOLS_GROUP, Concept
from .corpus import COLOURED, PAIRED
from .phrases import WEIGHTS, Phrases
from .styles import MONOCHROME, STYLES, UNSEEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .prepare import Drawings

TEMPLATES = (
    "{}|{}|{}|{}|a {}|the {}|a picture of a {}|a photo of a {}|an image of {}|{} emoji|a drawing of a {}"
    "|an icon of a {}|picture of {}|clip art of {}|my {}|some {}|this is a {}|a small {}|one {}"
).split("|")
SCENES = 0.06  # share with two drawings
CLIPART = 0.12
SHAPES = 0.03
POSITIVES = 6  # phrases per picture for the bank loss

_COLOUR_WORDS = re.compile("heart|circle|square|diamond|book|" + "|".join(COLOURS))


@dataclass(frozen=True)
class Caption:
    """What one text says: a phrase of the drawing, maybe one of its companion, more of its own, a colour."""

    phrase: int
    companion: int = -1
    more: tuple[int, ...] = ()
    colour: int = -1
    text: str = ""


@dataclass
class Batch:
    """n pictures (bfloat16 [n, 3, 64, 64]) of n // 2 things in two styles, row i and row i + n // 2 alike.

    ``first`` and ``second`` are concept numbers (-1: no companion); ``true[i, j]``: caption i fits picture j;
    ``positives`` [n, 6]: true phrases, drawn by weight.
    """

    pixels: torch.Tensor
    first: torch.Tensor
    second: torch.Tensor
    captions: list[Caption]
    true: torch.Tensor
    positives: torch.Tensor


class Batches(Dataset[Batch]):
    """Batch i of ``steps``, of ``size`` pictures each, restyled in the first ``restyled`` batches.

    ``said`` weighs the kinds of phrase; ``flags`` is the share of flags among emoji (None: as they come).
    """

    def __init__(
        self,
        drawings: Drawings,
        phrases: Phrases,
        *,
        size: int,
        steps: int,
        restyled: int,
        seed: int,
        said: Mapping[str, float] = WEIGHTS,
        flags: float | None = None,
    ) -> None:
        self._d, self._p, self._said, self._flag_share = drawings, phrases, said, flags
        self._size, self._steps, self._restyled, self._seed = size, steps, restyled, seed
        self._usual: dict[int, list[int]] = defaultdict(list)
        self._all: dict[int, list[int]] = defaultdict(list)
        unseen = {STYLES.index(s) for s in UNSEEN}
        black = {STYLES.index(s) for s in MONOCHROME}
        for row, (c, style) in enumerate(
            zip(drawings.concept.tolist(), drawings.style.tolist(), strict=True)
        ):
            if style in unseen or (style in black and drawings.concepts[c].is_flag):
                continue
            self._all[c].append(row)
            if style not in black:
                self._usual[c].append(row)
        self.concepts = sorted(self._all)
        self._pool = {
            k: [c for c in self.concepts if self._of(c).kind == k] for k in ("emoji", "clipart", "shape")
        }
        self._flags = [c for c in self._pool["emoji"] if self._of(c).is_flag]
        self._weights = {c: phrases.weights(c, said) for c in self.concepts}
        self._coloured = {c for c in self.concepts if self._colour_matters(self._of(c))}
        sided = (SYMBOLS_GROUP, FLAGS_GROUP, -1)
        self._sided = {c for c in self.concepts if self._of(c).group in sided}

    def _of(self, concept: int) -> Concept:
        return self._d.concepts[concept]

    @staticmethod
    def _colour_matters(concept: Concept) -> bool:
        return concept.is_flag or concept.kind == "shape" or bool(_COLOUR_WORDS.search(concept.name))

    def __len__(self) -> int:
        return self._steps

    def _phrase(self, concept: int, rng: random.Random) -> tuple[int, str]:
        kind = rng.choices(list(self._said), list(self._said.values()))[0]
        ids = self._p.of[concept]
        return rng.choice(ids[kind] or ids["name"]), kind if ids[kind] else "name"

    def _caption(self, c: int, o: int, row: int, rng: random.Random) -> Caption:
        text = self._p.text
        p, kind = self._phrase(c, rng)
        said, words = text[p], len(text[p].split())
        if o >= 0:
            if rng.random() < 0.7:
                q = self._phrase(o, rng)[0]
                both = [said, text[q]]
                rng.shuffle(both)
                return Caption(p, companion=q, text=rng.choice(PAIRED).format(*both))
            return Caption(p, text=rng.choice(TEMPLATES).format(said))
        share = self._d.colours[row]
        top, shape = int(share.argmax()), self._of(c).kind == "shape"
        named = shape or (kind == "name" and words < 4 and rng.random() < 0.25)
        if named and share[top] > 0.4 and rng.random() < 0.85:
            p = self._p.of[c]["name"][0]
            return Caption(p, colour=top, text=rng.choice(COLOURED).format(list(COLOURS)[top], text[p]))
        if rng.random() < 0.15:
            more = tuple(self._phrase(c, rng)[0] for _ in range(rng.randint(1, 3)))
            every = dict.fromkeys(text[q] for q in (p, *more))
            return Caption(p, more=more, text=rng.choice([", ", " ", " and "]).join(every))
        return Caption(p, text=rng.choice(TEMPLATES).format(said) if words < 6 else said)

    def _rows(self, c: int, rng: random.Random) -> tuple[int, int]:
        """Two drawings of a concept, of different styles where there are; black-and-white ones less often."""
        if self._of(c).kind == "shape":  # the same colour in both views
            return (rng.choice(self._all[c]),) * 2
        rows = self._all[c] if rng.random() < 0.4 else self._usual[c] or self._all[c]
        first = rng.choice(rows)
        others = [r for r in self._all[c] if r != first] or [first]
        usual = [r for r in others if r in self._usual[c]]
        return first, rng.choice(others if rng.random() < 0.4 or not usual else usual)

    def __getitem__(self, step: int) -> Batch:
        """Make batch ``step``."""
        rng = random.Random(f"{self._seed} {step}")
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + step)
        views: tuple[list[tuple[int, int, int, int]], ...] = ([], [])
        for _ in range(self._size // 2):
            u = rng.random()
            pool = self._pool["clipart" if u < CLIPART else "shape" if u < CLIPART + SHAPES else "emoji"]
            if self._flag_share and u > 1 - self._flag_share * (1 - CLIPART - SHAPES):
                pool = self._flags
            c = rng.choice(pool)
            o = -1
            if rng.random() < SCENES:
                o = rng.choice(self._pool["emoji" if rng.random() < 0.85 else "shape"])
            for view, row in zip(views, self._rows(c, rng), strict=True):
                view.append((row, rng.choice(self._all[o]) if o >= 0 else -1, c, o))
        items = views[0] + views[1]
        captions = [self._caption(c, o, row, rng) for row, _, c, o in items]
        row, companion, first, second = torch.tensor(items).T
        two = companion >= 0
        spoken = torch.tensor([c.colour >= 0 for c in captions])
        keep = spoken | torch.tensor([c in self._coloured or o in self._coloured for _, _, c, o in items])
        flip = torch.tensor([c not in self._sided for _, _, c, _ in items])
        pixels = compose(
            self._d.pixels[row],
            self._d.pixels[companion[two]],
            two,
            flip,
            keep,
            step < self._restyled,
            generator,
        )
        drawn = [self._weights[o if o >= 0 and rng.random() < 0.5 else c] for _, _, c, o in items]
        positives = [rng.choices(list(w), list(w.values()), k=POSITIVES) for w in drawn]
        true = self._true(captions, row, first, second)
        return Batch(pixels.bfloat16(), first, second, captions, true, torch.tensor(positives))

    def _true(
        self, captions: list[Caption], row: torch.Tensor, first: torch.Tensor, second: torch.Tensor
    ) -> torch.Tensor:
        def holds(phrase: torch.Tensor) -> torch.Tensor:
            table = self._p.true[phrase.clamp(min=0)]
            return table[:, first] | (table[:, second.clamp(min=0)] & (second >= 0))

        p, q, colour = torch.tensor([(c.phrase, c.companion, c.colour) for c in captions]).T
        shown = self._d.colours[row][:, colour.clamp(min=0)].T > 0.2
        fits: torch.Tensor = holds(p) & (holds(q) | (q < 0)[:, None]) & (shown | (colour < 0)[:, None])
        return fits


def stream(batches: Batches, start: int) -> Iterator[Batch]:
    """Yield the batches from ``start`` on, made ahead by one other process."""
    loader = DataLoader(
        batches,
        sampler=range(start, len(batches)),
        batch_size=None,
        num_workers=1,
        prefetch_factor=6,
    )
    yield from loader
