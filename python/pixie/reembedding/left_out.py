"""What is written down of items that could not be embedded again, before they leave."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pixie.disk import write_atomically
from pixie.opening import LEFT_OUT_PREFIX
from pixie.tables.text_writers import item_row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pixie.items import Item


def write_left_out(folder: Path, items: Iterable[Item]) -> Path:
    """Write all that is known of some items, without vectors, as an export that can be imported again."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{LEFT_OUT_PREFIX}{stamp}.ndjson"
    lines = "".join(json.dumps(item_row(item), allow_nan=False) + "\n" for item in items)
    write_atomically(path, lines.encode("ascii"))
    return path
