"""What a search did, layer by layer, for whoever asks how its hits came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Layer:
    """One step of a search.

    ``name`` is what is looked at (``buckets``, ``heads``, ``bytes``, ``vectors``, ...), ``looked_at`` how
    many of them a query, ``seconds`` how long that took a query; None where that is not known.
    """

    name: str
    looked_at: float
    seconds: float | None

    def to_json(self) -> dict[str, Any]:
        """The layer's JSON object."""
        return {"name": self.name, "looked_at": self.looked_at, "seconds": self.seconds}


@dataclass(slots=True)
class Trace:
    """Filled in by an index while it searches, when it is given one.

    ``search`` says how it looked (``exact scan``, ``layers``, ``graph``, ...), ``facts`` holds what else
    there is to say, such as how many buckets there are and how many of them were opened.
    """

    search: str = ""
    layers: list[Layer] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one batch of queries was answered.

    Attributes
    ----------
    kind
        The kind of index.
    search
        How it looked; see `Trace`.
    rows, allowed_rows
        How many rows the index holds alive, and how many of these the filter allowed.
    settings
        The settings of this search, whether given, tuned or by default.
    layers
        What was looked at, in order.
    seconds
        Time of the whole search, a query.
    facts
        What else the kind has to say.
    """

    kind: str
    search: str
    rows: int
    allowed_rows: int
    settings: dict[str, Any]
    layers: tuple[Layer, ...]
    seconds: float
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The explanation's JSON object."""
        return {
            "kind": self.kind,
            "search": self.search,
            "rows": self.rows,
            "allowed_rows": self.allowed_rows,
            "settings": self.settings,
            "layers": [layer.to_json() for layer in self.layers],
            "seconds": self.seconds,
            **self.facts,
        }
