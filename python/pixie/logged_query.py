"""What is kept of past queries, and its JSON form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pixie.items import Modality
    from pixie.reports import Warning  # noqa: A004


@dataclass(frozen=True, slots=True)
class LoggedQuery:
    """A query that was answered.

    Attributes
    ----------
    time
        When, ISO 8601 in UTC to the millisecond.
    terms
        What was asked for, each term as the command line takes it; a vector or a picture that was in memory
        as a remark in brackets.
    modality
        What the terms were made from, None when they differ or it is unknown.
    kind
        The kind of index that answered.
    settings
        Settings of this search, given or tuned; those left to the index are not there.
    k
        How many hits were asked for.
    seconds
        Time that the index and the records took, without the model.
    hits
        How many hits there were.
    recall
        Share of the true hits that were found, None unless that was checked.
    """

    time: str
    terms: tuple[str, ...]
    modality: Modality | None
    kind: str
    settings: Mapping[str, int]
    k: int
    seconds: float
    hits: int
    recall: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The query's JSON object."""
        return {
            "time": self.time,
            "terms": list(self.terms),
            "modality": self.modality,
            "kind": self.kind,
            "settings": dict(self.settings),
            "k": self.k,
            "seconds": self.seconds,
            "hits": self.hits,
            "recall": self.recall,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> LoggedQuery:
        """The query a JSON object describes."""
        return cls(**{name: found[name] for name in cls.__slots__} | {"terms": tuple(found["terms"])})


@dataclass(frozen=True, slots=True)
class LogPage(Sequence[LoggedQuery]):
    """A run of past queries, newest first.

    ``total`` is how many are kept in all, ``on`` whether queries are being logged; ``warnings`` say what
    happened to the log itself.
    """

    queries: tuple[LoggedQuery, ...] = ()
    total: int = 0
    on: bool = True
    warnings: tuple[Warning, ...] = ()

    @overload
    def __getitem__(self, position: int) -> LoggedQuery: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[LoggedQuery, ...]: ...
    def __getitem__(self, position: int | slice) -> LoggedQuery | tuple[LoggedQuery, ...]:
        return self.queries[position]

    def __len__(self) -> int:
        return len(self.queries)

    def __iter__(self) -> Iterator[LoggedQuery]:
        return iter(self.queries)

    def to_csv(self) -> str:
        """The queries as comma-separated values (RFC 4180) with a header.

        Several terms are written as in a shell, settings as ``probes=8 candidates=200``.
        """
        import csv
        import io
        import shlex

        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow(["time", "query", "modality", "kind", "settings", "k", "seconds", "hits", "recall"])
        for query in self:
            found = query.to_json()
            terms = found.pop("terms")
            settings = " ".join(f"{name}={value}" for name, value in found["settings"].items())
            row = found | {"settings": settings}
            asked = terms[0] if len(terms) == 1 else shlex.join(terms)
            lines.writerow([row.pop("time"), asked, *row.values()])
        return text.getvalue()

    def to_json(self) -> dict[str, Any]:
        """The page's JSON object."""
        return {
            "queries": [query.to_json() for query in self.queries],
            "total": self.total,
            "on": self.on,
            "warnings": [warning.to_json() for warning in self.warnings],
        }
