"""What a file is that is no picture, as far as its first bytes tell."""

from __future__ import annotations

import re

_KINDS = (
    (rb"%PDF-", "a PDF document"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s/>]", "an SVG drawing"),
    (rb"(?i)\s*(<!DOCTYPE )?<?html", "a web page"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"\x7fELF|MZ", "a program"),
    (rb"....ftyp(isom|mp4|qt|M4V|avc1|3gp)|\x1aE\xdf\xa3", "a video"),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _KINDS)


def kind_of(head: bytes) -> str:
    """What a file that begins so is: ``an SVG drawing and no picture``, as far as it is known."""
    for pattern, kind in _PATTERNS:
        if pattern.match(head):
            return f"{kind} and no picture"
    return "not a picture that Pixie knows"
