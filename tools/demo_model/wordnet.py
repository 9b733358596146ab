"""Reading WordNet 3.0's noun files: the sense that fits a topic, what it is a kind of, and its gloss."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .categories import GENERIC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Sense:
    """One synset of ``data.<part of speech>``."""

    topic: int
    words: tuple[str, ...]
    parents: tuple[int, ...]
    is_instance: bool
    gloss: str

    @property
    def definition(self) -> str:
        """The gloss without its examples and parentheses."""
        head = re.split(r'[;"]', self.gloss)[0]
        return re.sub(r"\(.*?\)", "", head).strip(" :;,")

    @property
    def examples(self) -> list[str]:
        """The quoted usage examples of the gloss."""
        return [e.strip(" ;,.") for e in re.findall(r'"([^"]+)"', self.gloss)]


def parse_sense(line: str) -> Sense:
    """Parse one line of a WordNet data file (wndb(5WN))."""
    fields, gloss = line.rstrip("\n").split(" | ", 1)
    part = fields.split()
    n = int(part[3], 16)
    words = tuple(re.sub(r"\(.*\)", "", part[4 + 2 * i]).replace("_", " ") for i in range(n))
    links = part[4 + 2 * n + 1 :]
    parents = tuple(int(links[i + 1]) for i in range(0, len(links) - 3, 4) if links[i] in ("@", "@i"))
    return Sense(int(part[1]), words, parents, "@i" in links, gloss.strip())


class WordNet:
    """The noun hierarchy by word and by file offset, and every sense of all four parts of speech.

    ``WordNet(Path("usr/share/wordnet")).find("puppy", frozenset({5}))``
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nouns = (folder / "data.noun").read_bytes()
        self._offsets: dict[str, list[int]] = {}
        for line in (folder / "index.noun").read_text("latin-1").splitlines():
            if line[0] != " ":
                part = line.split()
                self._offsets[part[0]] = [int(o) for o in part[-int(part[2]) :]]

    def _at(self, offset: int) -> Sense:
        return parse_sense(self._nouns[offset : self._nouns.index(b"\n", offset)].decode("latin-1"))

    def find(self, noun: str, topics: frozenset[int]) -> Sense | None:
        """Return the most frequent sense of a noun (singular or plural) in one of the topics."""
        offsets = self._offsets.get(noun.replace(" ", "_"))
        if not offsets and noun.endswith("s"):
            offsets = self._offsets.get(noun[:-1].replace(" ", "_"))
        senses = (self._at(o) for o in offsets or [])
        return next((s for s in senses if s.topic in topics), None)

    def kinds(self, sense: Sense, depth: int = 5) -> list[str]:
        """Return what the sense is a kind of, nearest first, ending before the first generic word."""
        out: list[str] = []
        while sense.parents and depth:
            sense = self._at(sense.parents[0])
            depth -= 1
            words = [w.lower() for w in sense.words]
            if words[0] in GENERIC:
                break
            out += [w for w in words[:2] if w not in GENERIC]
        return out

    def senses(self) -> Iterator[tuple[str, Sense]]:
        """Yield (part of speech, sense) for every synset of the four data files."""
        for pos in ("noun", "verb", "adj", "adv"):
            for line in (self._folder / f"data.{pos}").read_text("latin-1").splitlines():
                if not line.startswith("  "):
                    yield pos, parse_sense(line)

    def frequencies(self) -> dict[tuple[str, str], int]:
        """Return how often (word, part of speech) was tagged in SemCor (cntlist.rev)."""
        names = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
        counts: dict[tuple[str, str], int] = {}
        for line in (self._folder / "cntlist.rev").read_text("latin-1").splitlines():
            key, _, n = line.split()[:3]
            word, rest = key.split("%")
            k = (word.replace("_", " "), names[rest[0]])
            counts[k] = counts.get(k, 0) + int(n)
        return counts
