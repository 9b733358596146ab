"""What the drawings show: emoji, clip art and plain shapes, with their names, keywords and broader words."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .categories import SUBGROUP_WORDS, topics_of
from .wordnet import WordNet

if TYPE_CHECKING:
    from .packages import Work

FLAGS_GROUP = 9
SYMBOLS_GROUP = 8


@dataclass
class Concept:
    """One thing that can be drawn.

    ``kind`` is ``emoji``, ``extra`` (an OpenMoji drawing with no Unicode emoji; test only), ``clipart`` or
    ``shape``; ``group`` is Unicode's emoji group number, -1 where there is none.
    """

    name: str
    kind: str
    group: int = -1
    subgroup: str = ""
    emoji: str = ""
    hexcode: str = ""
    label: str = ""
    shortcodes: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    gloss: str = ""

    @property
    def is_flag(self) -> bool:
        """Whether this is one of Unicode's flags."""
        return self.group == FLAGS_GROUP


def normal(text: str) -> str:
    """Lower case, plain apostrophes, single blanks."""
    text = text.lower().replace("_", " ").replace("’", "'").replace("“", "").replace("”", "")
    return re.sub(r"\s+", " ", text).strip()


def _load(work: Work, path: str) -> Any:
    return json.loads((work.npm / path).read_text("utf-8"))


def _cldr(work: Work) -> tuple[dict[str, list[str]], dict[str, str]]:
    """CLDR's English keywords and spoken names, by emoji without variation selectors."""
    keywords: dict[str, list[str]] = defaultdict(list)
    spoken: dict[str, str] = {}
    for folder in ("annotations", "annotationsDerived"):
        xml = work.debian / "usr/share/unicode/cldr/common" / folder / "en.xml"
        for node in ElementTree.parse(xml).iter("annotation"):
            char, text = node.get("cp") or "", node.text or ""
            if node.get("type") == "tts":
                spoken[char] = text
            else:
                keywords[char] += [k.strip() for k in text.split("|")]
    return keywords, spoken


def _shortcodes(work: Work) -> dict[str, list[str]]:
    out: dict[str, list[str]] = defaultdict(list)
    for path in sorted((work.npm / "emojibase-data/en/shortcodes").glob("*.json")):
        for hexcode, codes in json.loads(path.read_text("utf-8")).items():
            out[hexcode] += [codes] if isinstance(codes, str) else codes
    return out


def _add_wordnet(concept: Concept, wordnet: WordNet) -> None:
    """Synonyms, hypernyms and the definition of the name, or of its last words ("red apple" -> "apple")."""
    person = concept.subgroup.startswith("person")
    base = re.sub(r" face$", "", concept.name)
    if person:
        base = re.sub(r"^(man|woman|person|men|women|people) ", "", base)
    words = base.split()
    tried = [base] + [" ".join(words[i:]) for i in range(1, len(words))] + concept.keywords[:1]
    for noun in tried[:1] if person else tried:
        sense = wordnet.find(noun, topics_of(concept.subgroup))
        if sense is None:
            continue
        if noun == base or len(words) == 1:
            concept.keywords += [
                w for w in map(normal, sense.words) if w not in concept.keywords and w != concept.name
            ]
        concept.kinds = [k for k in wordnet.kinds(sense) if k not in concept.keywords]
        concept.gloss = normal(" ".join(re.split(r'[;"(]', sense.gloss)[0].split()[:16]))
        return


def emoji_concepts(work: Work) -> list[Concept]:
    """Return Unicode's emoji without skin tones, hair components and regional letters."""
    messages = _load(work, "emojibase-data/en/messages.json")
    subgroups = {s["order"]: s["key"] for s in messages["subgroups"]}
    emojilib = _load(work, "emojilib/dist/emoji-en-US.json")
    cldr, spoken = _cldr(work)
    codes, wordnet = _shortcodes(work), WordNet(work.debian / "usr/share/wordnet")
    concepts = []
    for row in _load(work, "emojibase-data/en/data.json"):
        subgroup = subgroups.get(row.get("subgroup"), "other")
        if subgroup in ("skin-tone", "hair-style", "alphanum") or row["label"].startswith("regional"):
            continue
        emoji, plain = row["emoji"], row["emoji"].replace("\ufe0f", "")
        name = normal(row["label"]).replace("flag: ", "flag of ").replace("keycap: ", "keycap ")
        found = row.get("tags", []) + cldr.get(plain, []) + cldr.get(emoji, [])
        found += emojilib.get(emoji, emojilib.get(plain, []))
        said = normal(spoken.get(plain, spoken.get(emoji, "")))
        keywords = [normal(k) for k in found] + ([] if said.startswith("flag") else [said])
        concept = Concept(
            name=name,
            kind="emoji",
            group=row.get("group", SYMBOLS_GROUP),
            subgroup=subgroup,
            emoji=emoji,
            hexcode=row["hexcode"],
            label=row["label"],
            shortcodes=[said, *codes.get(row["hexcode"], [])],
            keywords=[
                k for k in dict.fromkeys(keywords) if k != name and re.search("[a-z]", k) and len(k) < 40
            ],
            categories=[c.strip() for c in SUBGROUP_WORDS.get(subgroup, "").split(",") if c.strip()],
        )
        # Smileys, symbols and flags are no WordNet nouns; of the people only the jobs are.
        is_noun = not subgroup.startswith("person") or subgroup in ("person-role", "person-fantasy")
        if concept.group not in (0, SYMBOLS_GROUP, FLAGS_GROUP) and is_noun:
            _add_wordnet(concept, wordnet)
        concepts.append(concept)
    return concepts


def openmoji_extras(work: Work, known: set[str]) -> list[Concept]:
    """Return OpenMoji's own drawings that no emoji names: concepts never trained on."""
    skipped = ("brand", "flags", "emergency", "interaction", "ui-element", "technology")
    out = []
    for row in _load(work, "openmoji/data/openmoji.json"):
        name = normal(row["annotation"])
        own = row["group"] == "extras-openmoji" and row["subgroups"] not in skipped
        if own and name not in known and not row["skintone"]:
            out.append(Concept(name=name, kind="extra", hexcode=row["hexcode"], subgroup=row["subgroups"]))
    return out
