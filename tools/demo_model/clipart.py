"""Captions of Openclipart drawings, read from each file's own metadata."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .concepts import Concept, normal

if TYPE_CHECKING:
    from pathlib import Path

    from .packages import Work

# Pure patterns, letters and signs, and theme icons: their titles say nothing about what is drawn.
SKIPPED = re.compile(
    r"(shapes|signs_and_symbols/flags|unsorted|computer/icons"
    r"|.*(flags|alphabet|map|stars|jigsaw|border|pattern|template|logo|layouts|theme|cards|aiga|kanji))"
)
LARGEST_SVG = 400_000  # bytes; larger ones take seconds to draw


def _caption(path: Path) -> tuple[str, list[str]]:
    """Return (name, tags) of one drawing; the name is empty if neither title nor file name holds words."""
    found = re.search(r"<rdf:RDF.*?</rdf:RDF>", path.read_text("utf-8", errors="ignore"), re.S)
    people = r"<dc:(creator|publisher|rights|contributor).*?</dc:\1>"  # never caption a picture by its author
    meta = re.sub(people, "", found.group(0) if found else "", flags=re.S)
    title_node = re.search(r"<dc:title>(.*?)</dc:title>", meta, re.S)
    title = normal(re.sub(r"[^A-Za-z ]+", " ", title_node.group(1))) if title_node else ""
    stem = re.sub(r"_[a-z]+_[a-z.]+_*(\d*)$", "", path.stem)  # "apple_jane_doe_01" -> "apple"
    words = [w for w in re.sub(r"[^a-z]+", " ", stem.lower()).split() if len(w) > 2]
    file_name = " ".join(words)[:40].strip()
    tags = [normal(t) for t in re.findall(r"<rdf:li[^>]*>(.*?)</rdf:li>", meta, re.S)]
    tags = [t for t in dict.fromkeys(tags) if re.fullmatch(r"[a-z][a-z '-]{2,30}", t)][:12]
    name = title if 3 <= len(title) <= 45 else file_name
    return name, [t for t in dict.fromkeys([*tags, file_name]) if t and t != name]


def clipart_concepts(work: Work) -> list[tuple[Concept, Path]]:
    """Return every captioned Openclipart drawing with its SVG file, in path order."""
    base = work.debian / "usr/share/openclipart/svg"
    out = []
    for path in sorted(base.rglob("*.svg")):
        folder = path.parent.relative_to(base).as_posix()
        if SKIPPED.match(folder) or path.stat().st_size > LARGEST_SVG:
            continue
        name, tags = _caption(path)
        if name:
            cats = [normal(c) for c in folder.split("/") if c not in ("", ".")]
            out.append(
                (Concept(name=name, kind="clipart", subgroup=folder, keywords=tags, categories=cats), path)
            )
    return out
