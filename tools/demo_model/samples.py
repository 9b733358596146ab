"""Stage ``samples``: the example pictures and the unseen test pictures, with their licences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PIL import Image

from .concepts import emoji_concepts
from .pictures import NotoFont, fit, svg_image
from .sample_names import EXAMPLES, UNSEEN, UNSEEN_QUERIES
from .styles import slug, svg_files

if TYPE_CHECKING:
    from pathlib import Path

    from .concepts import Concept
    from .packages import Work

SIDE = 128
COLOURS = 255  # of the palette; drawings of flat colours lose nothing visible and halve in size

EXAMPLES_README = """# Example pictures

{count} drawings of everyday things from Noto Color Emoji 2.042, {side} x {side} pixels, transparent around;
the file names say what they show. They are there to try Pixie out with.

Source: the Debian package `fonts-noto-color-emoji` 2.042-0+deb12u1 (<https://github.com/googlefonts/noto-emoji>),
whose copyright file says:

- `Files: *` - Copyright 2013-2017 Google Inc., Arjen Nienhuis - License: Apache-2.0;
- `Files: fonts/*` - Copyright 2013-2017 Google Inc., Arjen Nienhuis - License: SIL Open Font License 1.1.

The pictures were drawn with the font's own bitmaps. The licences: <https://www.apache.org/licenses/LICENSE-2.0>,
<https://openfontlicense.org>.
"""

UNSEEN_README = """# Drawings in a style the demo model never saw

{count} emoji designed by [OpenMoji](https://openmoji.org/) - the open-source emoji and icon project. License:
[CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/). Changes: drawn from the npm package
`openmoji` 17.0.0 (`color/svg`) at {side} x {side} pixels with a small margin, named by what they show.

`queries.json` maps queries to the file names that count as right: every drawing's name, and {natural} queries
that are nobody's name.
"""


def _save(image: Image.Image, path: Path) -> None:
    fitted = fit(image, SIDE)
    if fitted is None:
        raise ValueError(f"nothing is drawn in {path.name}")
    flat = fitted.convert("RGBA").quantize(
        COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    flat.save(path, optimize=True)


def _by_name(concepts: list[Concept], names: str) -> list[Concept]:
    known = {c.name: c for c in concepts}
    missing = [n for n in names.split("|") if n not in known]
    if missing:
        raise ValueError(f"no such emoji: {missing}; correct sample_names.py")
    return [known[n] for n in names.split("|")]


def write_samples(work: Work, root: Path) -> None:
    """Write ``examples/pictures`` and ``tests/data/pictures_unseen`` under the repository's root."""
    concepts = emoji_concepts(work)
    font = NotoFont(work.debian / "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
    examples, unseen = root / "examples" / "pictures", root / "tests" / "data" / "pictures_unseen"
    for folder in (examples, unseen):
        folder.mkdir(parents=True, exist_ok=True)
    shown = _by_name(concepts, "|".join(EXAMPLES.values()))
    for concept in shown:
        image = font.image(concept.emoji)
        if image is None:
            raise ValueError(f"the font has no glyph for {concept.name}")
        _save(image, examples / f"{slug(concept.name)}.png")
    hidden = _by_name(concepts, UNSEEN)
    for concept in hidden:
        image = svg_image(path=svg_files(concept, work)["openmoji"], width=2 * SIDE)
        if image is None:
            raise ValueError(f"{concept.name} cannot be drawn")
        _save(image, unseen / f"{slug(concept.name)}.png")
    queries = {c.name: [f"{slug(c.name)}.png"] for c in hidden}
    for query, names in UNSEEN_QUERIES.items():
        queries[query] = [f"{slug(c.name)}.png" for c in _by_name(hidden, names)]
    (unseen / "queries.json").write_text(json.dumps(queries, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (examples / "README.md").write_text(EXAMPLES_README.format(count=len(shown), side=SIDE), "utf-8")
    said = UNSEEN_README.format(count=len(hidden), side=SIDE, natural=len(UNSEEN_QUERIES))
    (unseen / "README.md").write_text(said, "utf-8")
    print(f"{len(shown)} example pictures, {len(hidden)} unseen pictures, {len(queries)} queries")
