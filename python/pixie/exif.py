"""What a camera wrote into a picture: EXIF, as far as people search by it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PIL import Image

_ORIENTATION, _MAKE, _MODEL, _CHANGED = 0x0112, 0x010F, 0x0110, 0x0132
_CAMERA_IFD, _PLACE_IFD = 0x8769, 0x8825
_TAKEN, _DIGITISED, _LENS = 0x9003, 0x9004, 0xA434

_LONGEST = 200
"""Characters of a camera's or a lens's name that are kept: damaged EXIF has names of any length."""


@dataclass(frozen=True, slots=True)
class Exif:
    """Facts from a picture's EXIF (CIPA DC-008), each None where there is none that makes sense.

    Attributes
    ----------
    orientation
        1 to 8; how the stored picture is to be turned, which Pixie has done.
    taken
        When it was taken, by the camera's clock: ISO 8601 without a zone, ``2020-05-13T11:09:28``.
    camera, lens
        Names, the maker's first: ``Canon EOS R5``.
    latitude, longitude
        Where, in degrees (WGS 84), north and east positive.
    """

    orientation: int | None = None
    taken: str | None = None
    camera: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The facts' JSON object."""
        return asdict(self)


def read_exif(picture: Image.Image) -> Exif:
    """The facts in an open picture; what is damaged counts as missing."""
    try:
        tags = picture.getexif()
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the picture itself is fine
        return Exif()
    of_camera, of_place = _ifd(tags, _CAMERA_IFD), _ifd(tags, _PLACE_IFD)
    latitude = _degrees(of_place, 2, 1, "S", 90)
    longitude = _degrees(of_place, 4, 3, "W", 180)
    placed = latitude is not None and longitude is not None
    return Exif(
        orientation=_turn(tags.get(_ORIENTATION)),
        taken=_time(of_camera.get(_TAKEN), of_camera.get(_DIGITISED), tags.get(_CHANGED)),
        camera=_name(tags.get(_MAKE), tags.get(_MODEL)),
        lens=_text(of_camera.get(_LENS)),
        latitude=latitude if placed else None,
        longitude=longitude if placed else None,
    )


def _ifd(tags: Image.Exif, number: int) -> Mapping[int, Any]:
    try:
        return dict(tags.get_ifd(number))
    except Exception:  # noqa: BLE001 - see `read_exif`
        return {}


def _turn(value: object) -> int | None:
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _time(*values: object) -> str | None:
    """The first that is a time; EXIF writes ``2020:05:13 11:09:28``, and blanks or zeros for none."""
    for value in values:
        text = _text(value)
        if text is None:
            continue
        for form in ("%Y:%m:%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y:%m:%d"):
            try:
                # A camera's clock has no zone.
                return datetime.strptime(text, form).isoformat()  # noqa: DTZ007
            except ValueError:
                continue
    return None


def _name(make: object, model: object) -> str | None:
    maker, name = _text(make), _text(model)
    if maker is None or name is None:
        return name or maker
    # Canon's models begin with its name, Nikon's with a shorter form of it.
    return name if name.lower().startswith(maker.split()[0].lower()) else f"{maker} {name}"


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    text = " ".join("".join(c if c.isprintable() else " " for c in value.split("\0")[0]).split())
    return text[:_LONGEST] or None


def _degrees(
    tags: Mapping[int, Any], value: int, reference: int, negative: str, largest: int
) -> float | None:
    """Degrees, minutes and seconds as one number; None unless they are in range."""
    parts: Iterable[Any] = tags.get(value) or ()
    try:
        degrees = math.fsum(float(part) / 60**place for place, part in enumerate(parts))
        if len(tuple(parts)) != 3 or not math.isfinite(degrees) or not 0 <= degrees <= largest:
            return None
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return -degrees if (_text(tags.get(reference)) or "").upper() == negative else degrees
