"""Functions that filters use in SQL, and that SQLite itself may not have."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_EARTH_KM = 6371.0088
"""The Earth's mean radius (IUGG)."""


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions; costs microseconds, and nothing the second time."""
    connection.create_function("pixie_km", 4, distance_km, deterministic=True)
    connection.create_function("pixie_at", 2, _value_at, deterministic=True)


def distance_km(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float
) -> float | None:
    """Kilometres between two places on a sphere, by the haversine formula; None where one is not known."""
    if latitude is None or longitude is None:
        return None
    here, there = math.radians(latitude), math.radians(to_latitude)
    north = math.sin((there - here) / 2)
    east = math.sin(math.radians(to_longitude - longitude) / 2)
    return (
        2
        * _EARTH_KM
        * math.asin(min(1.0, math.hypot(north, east * math.sqrt(math.cos(here) * math.cos(there)))))
    )


def box(latitude: float, longitude: float, km: float) -> tuple[float, float, list[tuple[float, float]]]:
    """What holds every place within `km`: southern and northern latitude, and ranges of longitudes."""
    # Wider by a hair than what it holds, whatever the rounding.
    angle = km / _EARTH_KM * (1 + 1e-9) + 1e-12
    degrees = math.degrees(angle)
    south, north = latitude - degrees, latitude + degrees
    if south <= -90 or north >= 90:
        return max(-90.0, south), min(90.0, north), [(-180.0, 180.0)]
    width = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(latitude))))) + 1e-9
    west, east = longitude - width, longitude + width
    if west < -180:
        return south, north, [(-180.0, east), (west + 360, 180.0)]
    if east > 180:
        return south, north, [(west, 180.0), (-180.0, east - 360)]
    return south, north, [(west, east)]


def _value_at(metadata: str, keys: str) -> str | None:
    """A list of the value at the end of some keys, as JSON; None where there is none.

    For keys that a path of SQLite's can't name: it knows no escape for a quotation mark before 3.45.
    """
    found = json.loads(metadata)
    for key in json.loads(keys):
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return json.dumps([found])
