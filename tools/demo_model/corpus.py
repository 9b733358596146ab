"""What the text tower learns from the teacher: captions, WordNet's words and glosses, made-up phrases."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from .categories import COLOURS
from .concepts import Concept, normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from .phrases import Phrases
    from .wordnet import Sense, WordNet

# Shares of the kinds of phrase in the distillation, per phrase.
WEIGHTS = {
    "name": 24.0,
    "caption": 8.0,
    "coloured": 3.0,
    "templated": 2.0,
    "combined": 1.5,
    "word": 1.0,
    "gloss": 0.9,
    "example": 1.0,
    "verb": 1.0,
    "made": 1.0,
}
LONGEST = 18  # words

TEMPLATES = (
    "{}|a {}|the {}|a picture of a {}|a photo of a {}|an image of {}|{} emoji|a drawing of a {}"
    "|an icon of a {}|picture of {}|clip art of {}|my {}|some {}|this is a {}|a small {}|one {}|two {}s"
    "|a big {}|a cute {}|photo of {}|show me a {}|i want a {}|a nice {}|an old {}|many {}s|a cartoon {}"
    "|sketch of a {}|the best {}|a {} on a table|a {} outside|a happy {}|a sad {}|people with a {}"
    "|in the {}|with {}"
).split("|")
COLOURED = ("{} {}", "a {} {}", "a picture of a {} {}")
PAIRED = "{} and {}|a {} and a {}|a {} with a {}|{}, {}|a {} next to a {}|the {} and the {}".split("|")
VERBS = (
    "something to {v} with|something to {v}|a place to {v}|time to {v}|a person who can {v}"
    "|someone who likes to {v}|i want to {v}|animal that can {v}|tool to {v}|ready to {v}|how to {v}"
    "|things you {v}|a thing to {v} in the {n}|to {v} a {n}|somebody who {v}s {n}s|i {v} the {n}"
    "|they {v} a {n}"
).split("|")
NOUNS = (
    "{n} and {m}|{n} with {m}|{n} of {m}|a {n} in the {m}|a {n} for {m}|{n} from {m}|a {n} on a {m}"
    "|{n} {m}|a {n} near the {m}|a kind of {n} for the {m}"
).split("|")
STATES = (
    "i am {a}|feeling {a}|a {a} person|{a} face|so {a}|it is {a}|a {a} animal|{a} food|{a} weather"
    "|a {a} place|the {a} thing|{a} people|{a} and {w}|a {a} day"
).split("|")
MIXED = (
    "a {w} {x}|{w} {x}|the {w} with a {x}|{w} for {x}|a {w} in {x}|the {w} is {a}|{w} of the {x}"
    "|a {a} {w}|an animal like a {w}|where is the {w}|let us {w} the {x}"
).split("|")
DOING = (
    "a person who likes to {}|something to {}|to {}|somebody trying to {}|people who {}|a tool to {}"
    "|i want to {}"
).split("|")


class Corpus:
    """Distinct phrases with their kinds, in order of addition (the first kind given to a phrase stays)."""

    def __init__(self) -> None:
        self.kind_of: dict[str, str] = {}

    def add(self, kind: str, text: str) -> None:
        """Add a phrase unless it is empty, wordless or over LONGEST words."""
        text = normal(text)
        if text and len(text.split()) <= LONGEST and re.search("[a-z]", text):
            self.kind_of.setdefault(text, kind)


def coloured_names(concepts: Sequence[Concept], concept: torch.Tensor, colours: torch.Tensor) -> list[str]:
    """Return "red apple" for every short name with a drawing that is mostly of one colour."""
    names = list(COLOURS)
    found: dict[str, None] = {}
    for c, share in zip(concept.tolist(), colours, strict=True):
        top = int(share.argmax())
        known = concepts[c].kind != "extra" and len(concepts[c].name.split()) < 4
        if known and share[top] > 0.4:
            found[f"{names[top]} {concepts[c].name}"] = None
    return list(found)


def _captions(corpus: Corpus, concepts: Sequence[Concept], phrases: Phrases, rng: random.Random) -> None:
    for text in phrases.text:
        if len(text.split()) <= 4:
            for template in rng.sample(TEMPLATES[1:], 3):
                corpus.add("templated", template.format(text))
    emoji = [i for i, c in enumerate(concepts) if c.kind == "emoji"]
    for _ in range(30_000):
        q = phrases.of[rng.choice(emoji)]
        own = q["name"] + q["keyword"] + q["category"]
        first, u = phrases.text[rng.choice(own)], rng.random()
        if u < 0.4:  # several captions of one emoji
            more = [phrases.text[rng.choice(own)] for _ in range(rng.randint(1, 3))]
            corpus.add("combined", rng.choice([", ", " ", " and "]).join(dict.fromkeys([first, *more])))
        elif u < 0.7:  # two emoji
            o = phrases.of[rng.choice(emoji)]
            corpus.add(
                "combined",
                rng.choice(PAIRED).format(first, phrases.text[rng.choice(o["name"] + o["keyword"])]),
            )
        else:
            corpus.add("combined", rng.choice(COLOURED).format(rng.choice(list(COLOURS)), first))


def _words(corpus: Corpus, wordnet: WordNet, rng: random.Random) -> dict[str, dict[str, int]]:
    """Add WordNet's words, glosses and examples; return each part of speech's word frequencies."""
    frequency = wordnet.frequencies()
    known: dict[str, dict[str, int]] = {"noun": {}, "verb": {}, "adj": {}, "adv": {}}
    for pos, sense in wordnet.senses():
        for example in sense.examples:
            corpus.add("example", example)
        if sense.is_instance:  # cities, people
            continue
        _gloss(corpus, pos, sense, rng)
        species = sense.topic in (5, 20)  # mostly Latin names of animals and plants
        for word in sense.words:
            if word[0].islower() and re.fullmatch(r"[a-z][a-z' -]+", word):
                n = frequency.get((word, pos), 0)
                known[pos][word] = max(known[pos].get(word, 0), n)
                if n or rng.random() < (0.25 if species else 0.8):
                    corpus.add("word", word)
    return known


def _gloss(corpus: Corpus, pos: str, sense: Sense, rng: random.Random) -> None:
    gloss = sense.definition
    if 2 <= len(gloss.split()) <= LONGEST and not (
        pos == "noun" and sense.topic in (5, 20) and rng.random() < 0.6
    ):
        corpus.add("gloss", gloss)
    if pos == "noun" and sense.topic == 18 and gloss and rng.random() < 0.5:
        corpus.add("gloss", re.sub(r"^(a|an|the) (person|man|woman|someone|worker|one)", "someone", gloss))
    if pos == "verb" and gloss and len(gloss.split()) < 9 and rng.random() < 0.6:
        corpus.add("verb", rng.choice(DOING).format(gloss))


def _made_up(
    corpus: Corpus, known: dict[str, dict[str, int]], captions: Sequence[str], rng: random.Random
) -> None:
    """Short phrases in the grammar of queries, from words drawn by their frequency."""

    def draw(words: dict[str, int]) -> list[str]:
        return rng.choices(list(words), [1 + min(60, n) for n in words.values()], k=60_000)

    nouns = draw({w: n for w, n in known["noun"].items() if n or len(w) < 9})
    verbs = draw({w: n for w, n in known["verb"].items() if n})
    adjectives = draw({w: n for w, n in known["adj"].items() if n})
    words = list(dict.fromkeys(w for t in captions for w in t.split() if re.fullmatch("[a-z]{3,}", w)))
    for i, (n, v, a) in enumerate(zip(nouns, verbs, adjectives, strict=True)):
        w, x, u = rng.choice(words), rng.choice(words), rng.random()
        m = rng.choice([nouns[i - 1], w])
        if u < 0.2:
            text = rng.choice(TEMPLATES[1:]).format(n)
        elif u < 0.45:
            texts = ["{} {}", "a {} {}", "the {} {}", "a photo of a {} {}", "very {} {}"]
            text = rng.choice(texts).format(a, rng.choice([n, w]))
        else:
            grammar = VERBS if u < 0.6 else NOUNS if u < 0.75 else STATES if u < 0.85 else MIXED
            text = rng.choice(grammar).format(n=n, m=m, v=v, a=a, w=w, x=x)
        corpus.add("made", text)


def build_corpus(
    concepts: Sequence[Concept], phrases: Phrases, coloured: Sequence[str], wordnet: WordNet, seed: int = 0
) -> Corpus:
    """Return about 370,000 phrases; the same ones for the same seed."""
    rng = random.Random(seed)
    corpus = Corpus()
    for concept in concepts:
        if concept.kind == "emoji":
            corpus.add("name", concept.name)
    for text in phrases.text:
        corpus.add("caption", text)
    for text in coloured:
        corpus.add("coloured", text)
    _captions(corpus, concepts, phrases, rng)
    known = _words(corpus, wordnet, rng)
    _made_up(corpus, known, phrases.text, rng)
    return corpus
