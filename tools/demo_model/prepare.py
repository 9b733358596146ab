"""Stage ``prepare``: draw every concept in every style and store the drawings with their words."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from . import pictures
from .categories import COLOURS
from .clipart import clipart_concepts
from .concepts import Concept, emoji_concepts, openmoji_extras
from .styles import ICONIFY, STYLES, Draw, icons, svg_files

if TYPE_CHECKING:
    from .packages import Work


@dataclass
class Drawings:
    """All drawings and what they show.

    ``pixels`` uint8 [n, 72, 72, 4] premultiplied; ``concept`` and ``style`` int64 [n]; ``colours`` float32
    [n, 11], the share of each named colour.
    """

    pixels: torch.Tensor
    concept: torch.Tensor
    style: torch.Tensor
    colours: torch.Tensor
    concepts: list[Concept]

    def of(self, style: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (pixels, concept) of one style."""
        rows = self.style == STYLES.index(style)
        return self.pixels[rows], self.concept[rows]


def load_drawings(work: Work) -> Drawings:
    """Read what the stage ``prepare`` stored."""
    d = torch.load(work.cache / "drawings.pt", mmap=True, weights_only=False)
    return Drawings(**d)


def _jobs(work: Work) -> tuple[list[Concept], list[tuple[int, str, Draw]]]:
    concepts = emoji_concepts(work)
    emoji = list(concepts)
    font = pictures.NotoFont(work.debian / "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
    jobs: list[tuple[int, str, Draw]] = []
    for i, concept in enumerate(emoji):
        jobs.append((i, "noto", partial(font.draw, concept.emoji)))
        jobs += [(i, style, partial(pictures.svg, path)) for style, path in svg_files(concept, work).items()]
    for style in ICONIFY:
        jobs += [(i, style, draw) for i, draw in icons(style, emoji, work)]
    for extra in openmoji_extras(work, {c.name for c in emoji}):
        path = work.npm / "openmoji/color/svg" / f"{extra.hexcode}.svg"
        jobs.append((len(concepts), "openmoji-extra", partial(pictures.svg, path)))
        concepts.append(extra)
    for drawing, path in clipart_concepts(work):
        jobs.append((len(concepts), "clipart", partial(pictures.svg, path)))
        concepts.append(drawing)
    for name in pictures.SHAPES:
        jobs += [(len(concepts), "shapes", partial(pictures.shape, name, colour)) for colour in COLOURS]
        concepts.append(
            Concept(name=name, kind="shape", subgroup="shape", keywords=["shape"], categories=["shape"])
        )
    return concepts, jobs


def prepare(work: Work) -> None:
    """Draw everything (about 3 minutes on two cores) into ``cache/drawings.pt``."""
    start = time.monotonic()
    concepts, jobs = _jobs(work)
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda job: job[2](), jobs))
    rows = [(i, style, p) for (i, style, _), p in zip(jobs, drawn, strict=True) if p is not None]
    torch.save(
        {
            "pixels": torch.from_numpy(np.stack([p for _, _, p in rows])),
            "concept": torch.tensor([i for i, _, _ in rows]),
            "style": torch.tensor([STYLES.index(style) for _, style, _ in rows]),
            "colours": torch.tensor([pictures.colour_shares(p) for _, _, p in rows]),
            "concepts": concepts,
        },
        work.cache / "drawings.pt",
    )
    counts = Counter(style for _, style, _ in rows)
    print(
        f"{len(concepts)} concepts, {len(rows)} drawings in {time.monotonic() - start:.0f} s: {dict(counts)}"
    )
