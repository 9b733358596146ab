"""Which emoji ship as example pictures (Noto) and as unseen test pictures (OpenMoji): everyday things."""

from __future__ import annotations

EXAMPLES = {
    "animals": "dog face|dog|poodle|cat face|cat|black cat|lion|tiger|leopard|horse|zebra|deer|bison|cow"
    "|pig|boar|ram|goat|camel|llama|giraffe|elephant|rhinoceros|hippopotamus|mouse|hamster|rabbit|chipmunk"
    "|hedgehog|bat|bear|polar bear|koala|panda|sloth|otter|kangaroo|fox|wolf|raccoon|gorilla|monkey"
    "|unicorn|turkey|chicken|rooster|baby chick|bird|penguin|eagle|duck|swan|owl|flamingo|peacock|parrot"
    "|frog|crocodile|turtle|lizard|snake|dragon|t-rex|spouting whale|dolphin|tropical fish|blowfish|shark"
    "|octopus|crab|lobster|snail|butterfly|ant|honeybee|lady beetle|spider|scorpion",
    "plants": "bouquet|cherry blossom|rose|hibiscus|sunflower|tulip|potted plant|evergreen tree|palm tree"
    "|cactus|four leaf clover|maple leaf|mushroom",
    "food": "grapes|melon|watermelon|tangerine|lemon|banana|pineapple|mango|red apple|green apple|pear"
    "|peach|cherries|strawberry|blueberries|kiwi fruit|tomato|coconut|avocado|eggplant|potato|carrot"
    "|ear of corn|hot pepper|bell pepper|cucumber|broccoli|garlic|onion|peanuts|bread|croissant|pretzel"
    "|pancakes|waffle|cheese wedge|poultry leg|bacon|hamburger|french fries|pizza|hot dog|sandwich|taco"
    "|burrito|egg|green salad|popcorn|spaghetti|sushi|fried shrimp|soft ice cream|doughnut|cookie"
    "|birthday cake|cupcake|pie|chocolate bar|candy|lollipop|honey pot|hot beverage|wine glass|beer mug"
    "|tropical drink|glass of milk",
    "transport": "locomotive|high-speed train|mountain railway|bus|ambulance|fire engine|police car|taxi"
    "|automobile|delivery truck|tractor|racing car|motorcycle|motor scooter|bicycle|sailboat|canoe"
    "|speedboat|passenger ship|airplane|helicopter|rocket|flying saucer|parachute|anchor|skateboard",
    "places and sky": "mountain|volcano|camping|beach with umbrella|desert island|house|hospital|school"
    "|factory|castle|church|mosque|synagogue|ferris wheel|circus tent|sunrise|sun|crescent moon|star"
    "|rainbow|cloud with rain|cloud with lightning|tornado|snowflake|snowman|umbrella|fire|water wave"
    "|bridge at night|fountain",
    "people": "baby|cook|farmer|firefighter|police officer|health worker|teacher|student|judge|mechanic"
    "|scientist|artist|pilot|astronaut|detective|construction worker|singer|santa claus|mermaid|vampire"
    "|woman dancing|person running|person surfing|person swimming|person biking|skier|snowboarder"
    "|person in bed|man with veil",
    "sports and music": "soccer ball|baseball|basketball|volleyball|american football|tennis|bowling"
    "|ice hockey|boxing glove|ice skate|fishing pole|trophy|guitar|violin|trumpet|saxophone|accordion|drum"
    "|musical keyboard|microphone|headphone",
    "things": "hammer|axe|wrench|screwdriver|scissors|key|magnet|ladder|telescope|microscope|syringe|pill"
    "|bed|chair|toilet|bathtub|broom|soap|candle|light bulb|camera|television|laptop|mobile phone|books"
    "|newspaper|pencil|paintbrush|envelope|package|money bag|coin|gem stone|crown|top hat|glasses|t-shirt"
    "|jeans|socks|running shoe|backpack|alarm clock|hourglass done|wrapped gift|balloon|christmas tree"
    "|jack-o-lantern|teddy bear|kite|video game|bomb|shield",
    "faces and hearts": "grinning face|face with tears of joy|smiling face with sunglasses|crying face"
    "|enraged face|sleeping face|thinking face|ghost|robot|alien|skull|clown face|red heart|blue heart"
    "|green heart|broken heart|heart with arrow|thumbs up|waving hand",
    "flags": "flag of france|flag of germany|flag of japan|flag of brazil|flag of canada"
    "|flag of united states|pirate flag|rainbow flag",
}

UNSEEN = (
    "dog|cat|lion|elephant|giraffe|zebra|kangaroo|panda|rabbit|penguin|owl|duck|flamingo|parrot|frog"
    "|turtle|snake|shark|dolphin|octopus|crab|butterfly|honeybee|snail|spider|rose|sunflower|cactus"
    "|palm tree|mushroom|banana|red apple|strawberry|pineapple|watermelon|grapes|lemon|carrot|broccoli"
    "|ear of corn|pizza|hamburger|french fries|hot dog|doughnut|birthday cake|soft ice cream|croissant"
    "|cheese wedge|egg|hot beverage|beer mug|wine glass|bicycle|automobile|bus|tractor|airplane|helicopter"
    "|rocket|sailboat|locomotive|house|castle|church|volcano|rainbow|snowman|umbrella|crescent moon|sun"
    "|soccer ball|basketball|tennis|bowling|guitar|violin|trumpet|drum|hammer|scissors|key|light bulb"
    "|camera|television|laptop|books|pencil|envelope|crown|glasses|socks|alarm clock|balloon"
    "|christmas tree|jack-o-lantern|teddy bear|ghost|robot|firefighter|astronaut|cook|red heart"
    "|broken heart"
)

# Right answers among UNSEEN for queries that are nobody's name.
UNSEEN_QUERIES = {
    "a striped animal from africa": "zebra",
    "king of the jungle": "lion",
    "black and white bear": "panda",
    "a bird that cannot fly": "penguin",
    "an animal with a very long neck": "giraffe",
    "an insect": "butterfly|honeybee",
    "sea animal": "shark|dolphin|octopus|crab",
    "flower": "rose|sunflower",
    "yellow fruit": "banana|lemon|pineapple",
    "vegetable": "carrot|broccoli|ear of corn",
    "fast food": "pizza|hamburger|french fries|hot dog",
    "dessert": "doughnut|birthday cake|soft ice cream",
    "alcoholic drink": "beer mug|wine glass",
    "vehicle with wings": "airplane|rocket|helicopter",
    "ball game": "soccer ball|basketball|tennis|bowling",
    "musical instrument": "guitar|violin|trumpet|drum",
    "winter": "snowman|christmas tree",
    "halloween": "jack-o-lantern|ghost",
    "a person who puts out fires": "firefighter",
    "time to wake up": "alarm clock",
}
