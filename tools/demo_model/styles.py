"""Which file of which set of drawings shows a concept."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from . import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from .concepts import Concept
    from .packages import Work

Draw = Callable[[], "pictures.Picture | None"]

ICONIFY = ("emojione", "emojione-monotone", "fxemoji", "noto-v1", "streamline-emojis")
FLUENT = {"fluent": "flat", "fluent-3d": "modern", "fluent-contrast": "high-contrast"}
TRAINED = ("noto", "twemoji", *FLUENT, *ICONIFY, "clipart", "shapes")
UNSEEN = ("openmoji", "openmoji-extra")  # never trained on
STYLES = (*TRAINED, *UNSEEN)
MONOCHROME = ("fluent-contrast", "emojione-monotone")


def slug(text: str) -> str:
    """Return a name as the icon sets spell it: "piñata" -> "pinata", "Hot dog" -> "hot-dog"."""
    text = text.lower().replace("ñ", "n").replace("’", "").replace("&", "and")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def _first(folder: Path, stems: Sequence[str]) -> Path | None:
    return next((p for p in (folder / f"{s}.svg" for s in stems) if p.exists()), None)


def svg_files(concept: Concept, work: Work) -> dict[str, Path]:
    """Return the SVG file of each style stored as files that shows an emoji."""
    code = concept.hexcode.upper().split("-")
    bare = [c for c in code if c != "FE0F"]
    files: dict[str, Path | None] = {}
    twemoji = ["-".join(c.lstrip("0").lower() for c in form) for form in (code, bare)]
    files["twemoji"] = _first(work.npm / "@discordapp/twemoji/dist/svg", twemoji)
    names = [slug(concept.label), slug(concept.shortcodes[0])]
    for style, folder in FLUENT.items():
        both = [n + end for n in names for end in ("", "-default")]
        files[style] = _first(work.npm / "fluentui-emoji/icons" / folder, both)
    files["openmoji"] = _first(work.npm / "openmoji/color/svg", ["-".join(code), "-".join(bare)])
    return {style: path for style, path in files.items() if path}


def _icon_names(concept: Concept) -> list[str]:
    """Other names an icon set may use for an emoji, most reliable first."""
    own = slug(concept.label)
    if concept.is_flag:  # the shortcodes of flags are bare country codes ("om")
        return [f"flag-for-{slug(concept.label.removeprefix('flag: '))}"]
    codes = [slug(c) for c in concept.shortcodes if len(c) > 2]
    variants = [f"{own}-face", re.sub("-face$", "", own), own.replace("button", "sign")]
    return list(dict.fromkeys([*variants, *codes]))


def icons(style: str, concepts: Sequence[Concept], work: Work) -> list[tuple[int, Draw]]:
    """Match the icons of an Iconify set to emoji by name; returns (index into concepts, how to draw it).

    An icon is given to one emoji: to the one whose full name it bears, else to the first one that may be so
    called.
    Numbered variants ("cactus-1", "cactus-2") all show the same emoji.
    """
    data = json.loads((work.npm / "@iconify-json" / style / "icons.json").read_text("utf-8"))
    bodies = {n: i for n, i in data["icons"].items() if not i.get("hidden")}
    parents = {n: a["parent"] for n, a in data.get("aliases", {}).items() if a["parent"] in bodies}
    by_name: dict[str, list[str]] = defaultdict(list)
    for name in sorted(bodies):
        for key in {name, re.sub(r"-\d$", "", name)}:
            by_name[key].append(name)
    for alias, parent in parents.items():
        by_name.setdefault(alias, [parent])
    joined = {k.replace("-", ""): v for k, v in by_name.items()} if style == "fxemoji" else {}
    used: set[str] = set()
    found: dict[int, list[str]] = {}

    def claim(index: int, names: Sequence[str]) -> None:
        for name in names:
            free = [n for n in by_name.get(name, joined.get(name.replace("-", ""), [])) if n not in used]
            if free:
                used.update(free)
                found[index] = free
                return

    for i, concept in enumerate(concepts):
        claim(i, [slug(concept.label)])
    for i, concept in enumerate(concepts):
        if i not in found:
            claim(i, _icon_names(concept))
    width, height = data.get("width", 16), data.get("height", 16)
    return [
        (
            i,
            partial(
                pictures.icon,
                bodies[n]["body"],
                bodies[n].get("width", width),
                bodies[n].get("height", height),
            ),
        )
        for i, names in sorted(found.items())
        for n in names
    ]
