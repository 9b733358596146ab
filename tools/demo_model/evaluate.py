"""Measuring a model folder through the ordinary Hugging Face loaders; prints the model card's tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from PIL import Image

from .prepare import Drawings, load_drawings
from .queries import GROUPS, is_right

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .packages import Work

BATCH = 256


class Searcher:
    """Embeds pictures and texts with a model folder as any other program would."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel

        self.model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._processor = CLIPImageProcessor.from_pretrained(folder)

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Return unit vectors [len(texts), 256]."""
        out = []
        for i in range(0, len(texts), BATCH):
            ids = self._tokenizer(
                list(texts[i : i + BATCH]), padding=True, truncation=True, return_tensors="pt"
            )
            out.append(F.normalize(self.model.get_text_features(**ids).pooler_output, dim=-1))
        return torch.cat(out)

    @torch.inference_mode()
    def pictures(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return unit vectors [n, 256] of premultiplied RGBA drawings, seen on white."""
        out = []
        for part in pixels.split(BATCH):
            white = (part[..., :3].int() + 255 - part[..., 3:]).clamp(0, 255).byte().numpy()
            inputs = self._processor([Image.fromarray(p) for p in white], return_tensors="pt")
            out.append(F.normalize(self.model.get_image_features(**inputs).pooler_output, dim=-1))
        return torch.cat(out)


@dataclass
class Gallery:
    """One style's drawings: their concept numbers and vectors."""

    concept: torch.Tensor
    vectors: torch.Tensor


def recall(similar: torch.Tensor, right: torch.Tensor) -> str:
    """Return the share of queries (rows) with a right answer among the first 1, 5, 10, in %."""
    hits = right.gather(1, similar.topk(10, 1).indices)
    return " / ".join(f"{100 * hits[:, :k].any(1).float().mean():.1f}" for k in (1, 5, 10))


def _by_keyword(drawings: Drawings, gallery: Gallery) -> tuple[list[str], torch.Tensor]:
    """Keywords that are no concept's name, and which drawings of the gallery each is true of."""
    names = {c.name for c in drawings.concepts}
    found: dict[str, list[int]] = defaultdict(list)
    for row, c in enumerate(gallery.concept.tolist()):
        for keyword in drawings.concepts[c].keywords:
            if keyword not in names:
                found[keyword].append(row)
    keywords = sorted(found)
    right = torch.zeros(len(keywords), len(gallery.concept), dtype=torch.bool)
    for i, keyword in enumerate(keywords):
        right[i, found[keyword]] = True
    return keywords, right


def _recalls(drawings: Drawings, searcher: Searcher, galleries: dict[str, Gallery]) -> None:
    def row(what: str, n: int, recalls: str) -> None:
        print(f"| {what} | {n:,} | {recalls} |", flush=True)

    print("| search | queries | R@1 / R@5 / R@10 |\n|---|---:|---:|")
    concepts = drawings.concepts
    for style, said in (("noto", "Noto (seen)"), ("openmoji", "OpenMoji (unseen style)")):
        g = galleries[style]
        texts = searcher.texts([concepts[c].name for c in g.concept.tolist()])
        similar, right = texts @ g.vectors.T, g.concept[:, None] == g.concept
        plain = torch.tensor([not concepts[c].is_flag for c in g.concept.tolist()])
        row(f"{said} by name", len(right), recall(similar, right))
        row(f"{said} by name, without flags", int(plain.sum()), recall(similar[plain], right[plain]))
        row(f"{said}: flags by name", int((~plain).sum()), recall(similar[~plain], right[~plain]))
        keywords, right = _by_keyword(drawings, g)
        row(f"{said} by keyword", len(keywords), recall(searcher.texts(keywords) @ g.vectors.T, right))
    noto, openmoji, extra = galleries["noto"], galleries["openmoji"], galleries["openmoji-extra"]
    right = openmoji.concept[:, None] == noto.concept
    asked = right.any(1) & torch.tensor([not concepts[c].is_flag for c in openmoji.concept.tolist()])
    similar = openmoji.vectors @ noto.vectors.T
    row(
        "OpenMoji picture → Noto picture, without flags",
        int(asked.sum()),
        recall(similar[asked], right[asked]),
    )
    texts = searcher.texts([concepts[c].name for c in extra.concept.tolist()])
    right = extra.concept[:, None] == extra.concept
    row(
        "OpenMoji extras (unseen things, unseen style) by name",
        len(right),
        recall(texts @ extra.vectors.T, right),
    )


def _queries(drawings: Drawings, searcher: Searcher, gallery: Gallery) -> None:
    shown = [drawings.concepts[c] for c in gallery.concept.tolist()]
    for group, queries in GROUPS.items():
        similar = searcher.texts(list(queries)) @ gallery.vectors.T
        lines, first, five = [], 0, 0
        for (query, answers), scores in zip(queries.items(), similar, strict=True):
            top = [shown[i] for i in scores.topk(5).indices.tolist()]
            hits = [is_right(c, answers) for c in top]
            first, five = first + hits[0], five + any(hits)
            mark = "right" if hits[0] else "wrong"
            lines.append(f"| {query} | {top[0].name} | {mark} | {', '.join(c.name for c in top[1:3])} |")
        print(f"\n{group}: {first} of {len(queries)} right at the top, {five} with a right one among five\n")
        print("| query | top answer | | then |\n|---|---|---|---|\n" + "\n".join(lines), flush=True)


def _cosines(drawings: Drawings, searcher: Searcher, gallery: Gallery) -> None:
    texts = searcher.texts([drawings.concepts[c].name for c in gallery.concept.tolist()])
    similar = texts @ gallery.vectors.T
    true = torch.eye(len(texts), dtype=torch.bool)
    images = (gallery.vectors @ gallery.vectors.T)[~true]
    print(
        f"\nNoto cosines: name and its picture {similar[true].mean():.2f} (sd {similar[true].std():.2f}), "
        f"name and another picture {similar[~true].mean():.2f} (sd {similar[~true].std():.2f}), "
        f"two pictures {images.mean():.2f} (sd {images.std():.2f}); "
        f"logit scale {float(searcher.model.logit_scale.detach().exp()):.1f}"
    )


def evaluate(work: Work, folder: Path) -> None:
    """Stage ``evaluate``: print recalls, natural queries and cosines of a model folder as Markdown."""
    drawings, searcher = load_drawings(work), Searcher(folder)
    galleries = {}
    for style in ("noto", "openmoji", "openmoji-extra"):
        pixels, concept = drawings.of(style)
        galleries[style] = Gallery(concept, searcher.pictures(pixels))
    _recalls(drawings, searcher, galleries)
    _queries(drawings, searcher, galleries["noto"])
    _cosines(drawings, searcher, galleries["noto"])
