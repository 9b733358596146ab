"""Words for Unicode's emoji subgroups, and the WordNet topics a subgroup's names are looked up under."""

from __future__ import annotations

SUBGROUP_WORDS: dict[str, str] = {
    "face-smiling": "smiley, happy face",
    "face-affection": "smiley, loving face",
    "face-tongue": "smiley, funny face",
    "face-hand": "smiley",
    "face-neutral-skeptical": "smiley, neutral face",
    "face-sleepy": "smiley, sleepy face, tired face",
    "face-unwell": "smiley, sick face",
    "face-hat": "smiley",
    "face-glasses": "smiley",
    "face-concerned": "smiley, sad face, worried face",
    "face-negative": "smiley, angry face",
    "face-costume": "fantasy creature",
    "cat-face": "cat, cat face, animal",
    "monkey-face": "monkey, animal",
    "heart": "heart, love",
    "emotion": "emotion",
    "hand-fingers-open": "hand, gesture",
    "hand-fingers-partial": "hand, gesture",
    "hand-single-finger": "hand, gesture, finger",
    "hand-fingers-closed": "hand, gesture",
    "hands": "hands, gesture",
    "body-parts": "body part",
    "person": "person, people",
    "person-gesture": "person, people",
    "person-role": "person, people, job, profession, worker",
    "person-fantasy": "fantasy creature, person",
    "person-activity": "person, people, activity",
    "person-sport": "person, people, sport, athlete",
    "person-resting": "person, people",
    "family": "family, people",
    "animal-mammal": "animal, mammal",
    "animal-bird": "animal, bird",
    "animal-amphibian": "animal, amphibian",
    "animal-reptile": "animal, reptile",
    "animal-marine": "animal, sea animal, sea creature",
    "animal-bug": "animal, insect, bug",
    "plant-flower": "flower, plant, nature",
    "plant-other": "plant, nature",
    "food-fruit": "food, fruit, something to eat",
    "food-vegetable": "food, vegetable, something to eat",
    "food-prepared": "food, meal, something to eat",
    "food-asian": "food, asian food, meal, something to eat",
    "food-marine": "seafood, animal, food",
    "food-sweet": "food, dessert, sweets, something sweet to eat",
    "drink": "drink, beverage, something to drink",
    "dishware": "kitchen, dishware",
    "place-map": "map",
    "place-geographic": "place, landscape, nature",
    "place-building": "building, place",
    "place-religious": "building, religious building",
    "place-other": "place",
    "transport-ground": "vehicle, transport",
    "transport-water": "boat, vehicle, transport, water vehicle",
    "transport-air": "vehicle, transport, flying vehicle",
    "time": "time, clock",
    "sky-weather": "weather, sky",
    "event": "celebration, event",
    "award-medal": "award, medal",
    "sport": "sport, sports",
    "game": "game, toy",
    "arts-crafts": "art, craft",
    "clothing": "clothing, clothes, something to wear",
    "sound": "sound",
    "music": "music",
    "musical-instrument": "musical instrument, music",
    "phone": "phone, electronics",
    "computer": "computer, electronics",
    "light-video": "light, video",
    "book-paper": "book, paper",
    "money": "money",
    "mail": "mail, post",
    "writing": "writing tool",
    "office": "office supplies",
    "lock": "lock, security",
    "tool": "tool",
    "science": "science",
    "medical": "medical, medicine",
    "household": "household item",
    "transport-sign": "sign",
    "warning": "warning sign",
    "arrow": "arrow",
    "religion": "religious symbol",
    "zodiac": "zodiac sign",
    "av-symbol": "media button",
    "math": "math symbol",
    "punctuation": "punctuation",
    "keycap": "keycap, number",
    "geometric": "shape",
    "flag": "flag",
    "country-flag": "flag, country, country flag",
    "subdivision-flag": "flag",
}

# WordNet lexicographer files (lexnames(5WN)) in which a subgroup's nouns are looked for; first match wins.
# 4 act, 5 animal, 6 artifact, 8 body, 13 food, 14 group, 15 location, 17 object, 18 person, 19 phenomenon,
# 20 plant, 23 quantity, 28 time.
SUBGROUP_TOPICS: tuple[tuple[str, frozenset[int]], ...] = (
    ("animal", frozenset({5})),
    ("plant", frozenset({20, 13})),
    ("food", frozenset({13, 20})),
    ("drink", frozenset({13})),
    ("dish", frozenset({6})),
    ("body", frozenset({8})),
    ("person", frozenset({18})),
    ("place", frozenset({6, 15, 17})),
    ("transport", frozenset({6})),
    ("sky", frozenset({17, 19, 28})),
    ("sport", frozenset({4, 6})),
    ("clothing", frozenset({6})),
    ("music", frozenset({6})),
    ("", frozenset({6, 4, 17, 23, 14})),
)

# Hypernyms too general to caption a picture.
GENERIC: frozenset[str] = frozenset(
    "entity,physical entity,abstraction,object,whole,artifact,living thing,organism,matter,substance,thing,"
    "causal agent,psychological feature,abstract entity,unit,solid,physical object,cause,being,relation,"
    "attribute,natural object,instrumentality,event,act,state,group,measure,communication".split(",")
)

STOP_WORDS: frozenset[str] = frozenset(
    "a an the of and or with in on at to for by from no not one two is as sign symbol button mark".split()
)

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (220, 40, 40),
    "orange": (245, 140, 30),
    "yellow": (250, 210, 50),
    "green": (60, 165, 70),
    "blue": (50, 110, 220),
    "purple": (140, 70, 190),
    "pink": (245, 130, 180),
    "brown": (130, 80, 45),
    "black": (25, 25, 25),
    "white": (248, 248, 248),
    "gray": (140, 140, 145),
}


def topics_of(subgroup: str) -> frozenset[int]:
    """Return the lexicographer files to search for names of this emoji subgroup."""
    return next(topics for part, topics in SUBGROUP_TOPICS if part in subgroup)
