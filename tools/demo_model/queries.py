"""Natural queries over the Noto drawings and the answers that count as right, fixed before any result.

An answer is an emoji's name, ``@`` and a Unicode subgroup, or ``*`` and a word that names must contain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .concepts import Concept

FIRST = {
    "a cute kitten": "cat, cat face, black cat, @cat-face",
    "something to eat for dessert": "@food-sweet, pancakes, waffle",
    "vehicles": "@transport-ground, @transport-water, @transport-air",
    "sad face": "@face-concerned, pensive face, crying cat, smiling face with tear",
    "red fruit": "red apple, strawberry, cherries, tomato, watermelon",
    "winter sport": "skis, skier, snowboarder, sled, ice skate, ice hockey, curling stone",
    "musical instrument": "@musical-instrument",
    "a person who puts out fires": "firefighter, man firefighter, woman firefighter",
    "wild animal from africa": "lion, elephant, giraffe, zebra, hippopotamus, rhinoceros, leopard, gorilla, "
    "monkey, crocodile",
    "blue heart": "blue heart, light blue heart",
    "time to sleep": "sleeping face, sleepy face, zzz, person in bed, bed, yawning face, tired face",
    "a place to pray": "@place-religious, place of worship",
    "something to write with": "@writing, *pencil",
    "stormy weather": "cloud with lightning and rain, cloud with lightning, cloud with rain, tornado, "
    "cyclone, "
    "sun behind rain cloud, umbrella with rain drops, wind face, high voltage",
    "puppy": "dog, dog face, poodle, guide dog, service dog",
    "a cat and a pizza": "cat, cat face, black cat, @cat-face, pizza",
    "i am in love": "@heart, @face-affection, smiling cat with heart-eyes, *couple with heart, "
    "*kiss, kissing cat",
    "fast food": "hamburger, french fries, hot dog, pizza, taco, burrito, sandwich, takeout box, poultry leg",
    "birthday party": "birthday cake, party popper, partying face, balloon, "
    "confetti ball, wrapped gift, cupcake",
    "green vegetable": "broccoli, leafy green, cucumber, pea pod, bell pepper, avocado, green salad, herb",
}
SECOND = {
    "a slow animal with a shell": "turtle, snail",
    "someone who flies to the moon": "astronaut, man astronaut, woman astronaut, rocket",
    "a hot drink in the morning": "hot beverage, teacup without handle, teapot, mate",
    "a bird that cannot fly": "penguin, dodo, turkey, chicken, rooster",
    "tool for cutting paper": "scissors",
    "keeps you dry in the rain": "*umbrella, coat",
    "the doctor will see you now": "health worker, man health worker, woman health worker, "
    "stethoscope, hospital",
    "tropical island vacation": "desert island, palm tree, beach with umbrella, tropical drink, coconut",
    "lots of cash": "@money, money-mouth face",
    "an angry red face": "enraged face, angry face with horns, face with symbols on mouth, goblin, "
    "ogre, angry face",
    "ship on the ocean": "@transport-water",
    "insect that makes honey": "honeybee",
    "hat for a king": "crown, person with crown",
    "playing a game with a ball": "soccer ball, baseball, softball, basketball, "
    "volleyball, american football, "
    "rugby football, tennis, bowling, field hockey, cricket game, ping pong, lacrosse, *bouncing ball, "
    "*playing handball, *playing water polo, *golfing, pool 8 ball",
    "something to open a door": "key, old key, door",
    "scary halloween decoration": "jack-o-lantern, ghost, skull, spider web, spider, bat, coffin",
    "frozen dessert in a cone": "soft ice cream, ice cream, shaved ice",
    "a train going through the mountains": "mountain railway, train, locomotive, railway car, "
    "tram, high-speed train, "
    "bullet train, light rail, monorail, mountain cableway",
    "small rodent that likes cheese": "mouse, mouse face, rat, hamster, mouse trap",
    "people getting married": "wedding, *with veil, *in tuxedo, *couple, ring",
}
THIRD = {
    "a fish with sharp teeth": "shark",
    "something that tells the time": "@time",
    "the yellow fruit that monkeys eat": "banana",
    "a place where money is kept": "bank, money bag, purse",
    "the king of the jungle": "lion, tiger, tiger face",
    "you wear them on your feet": "*shoe, *boot, *sandal, *shoes, socks, roller skate, ice skate",
    "i am so tired": "tired face, weary face, sleepy face, sleeping face, yawning face, "
    "weary cat, zzz, persevering face",
    "a bird that can see at night": "owl",
    "a person who cooks food": "cook, man cook, woman cook",
    "broken love": "broken heart, mending heart",
}
GROUPS = {"first twenty": FIRST, "second twenty": SECOND, "ten more": THIRD}


def is_right(concept: Concept, answers: str) -> bool:
    """Tell whether a concept is among the answers."""
    for answer in (a.strip() for a in answers.split(",")):
        if answer.startswith("@"):
            right = concept.subgroup == answer[1:]
        elif answer.startswith("*"):
            right = f" {answer[1:]} " in f" {concept.name.replace(':', ' ')} "
        else:
            right = concept.name == answer
        if right:
            return True
    return False


def unmatched(answers: str, concepts: Sequence[Concept]) -> list[str]:
    """Return the answers that no concept fits: misspelt names."""
    return [a for a in answers.split(",") if not any(is_right(c, a) for c in concepts)]
