"""Every caption phrase once, and which phrases are true of which concepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .categories import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .concepts import Concept

KINDS = ("name", "keyword", "category", "kind", "gloss")

# How often a picture is captioned by its name, a keyword, its category, a hypernym, its definition.
WEIGHTS = {"name": 0.42, "keyword": 0.36, "category": 0.10, "kind": 0.06, "gloss": 0.06}


class Phrases:
    """The phrase table.

    Attributes
    ----------
    text
        The phrases; a phrase's index is its id.
    of
        For each concept, phrase ids by kind of phrase (KINDS).
    true
        bool [phrases, concepts]: the phrase is true of the concept. Used so that a picture is never counted
        as wrong for a phrase that fits it.

    """

    def __init__(self, concepts: Sequence[Concept]) -> None:
        ids: dict[str, int] = {}
        pairs: list[tuple[int, int]] = []
        self.of: list[dict[str, list[int]]] = []
        for i, c in enumerate(concepts):
            # Country names and hours fall apart into words that are true of much else.
            splits = c.subgroup not in ("country-flag", "time")
            words = [
                w for w in c.name.split() if splits and w not in STOP_WORDS and len(w) > 2 and w != c.name
            ]
            if c.kind == "extra":  # never trained on
                self.of.append({k: [] for k in KINDS})
                continue
            by_kind = {
                "name": [c.name],
                "keyword": list(dict.fromkeys(c.keywords + words)),
                "category": c.categories,
                "kind": c.kinds,
                "gloss": [c.gloss] if c.gloss else [],
            }
            found = {k: [ids.setdefault(t, len(ids)) for t in texts] for k, texts in by_kind.items()}
            self.of.append(found)
            pairs += [(p, i) for ps in found.values() for p in ps]
        self.text = list(ids)
        self.true = torch.zeros(len(ids), len(concepts), dtype=torch.bool)
        at = torch.tensor(pairs)
        self.true[at[:, 0], at[:, 1]] = True

    def weights(self, concept: int, said: Mapping[str, float] = WEIGHTS) -> dict[int, float]:
        """Return the phrase ids of a concept with their weights (a kind's weight is shared out within it)."""
        out: dict[int, float] = {}
        for kind, ids in self.of[concept].items():
            for p in ids:
                out[p] = out.get(p, 0.0) + said[kind] / len(ids)
        return out
