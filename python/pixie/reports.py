"""What came of adding, indexing and importing: counts, failures and warnings, and the JSON form of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixie.roots import Root


@dataclass(frozen=True, slots=True)
class Failure:
    """An item or file that could not be taken in.

    ``code`` is a reason a program can branch on (see ``docs/json.md``), ``message`` a sentence for people.
    """

    id: str
    path: str | None
    code: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """The failure's JSON object."""
        return {"id": self.id, "path": self.path, "code": self.code, "message": self.message}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Failure:
        """The failure a JSON object describes."""
        return cls(**{name: found[name] for name in ("id", "path", "code", "message")})


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 (the word users know; `import pixie` does not bring it into their namespace)
    """Something a caller may want to know that did not stop the work, such as a text that was cut."""

    code: str
    message: str
    item: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The warning's JSON object."""
        return {"code": self.code, "message": self.message, "item": self.item}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Warning:
        """The warning a JSON object describes."""
        return cls(found["code"], found["message"], found.get("item"))


@dataclass(frozen=True, slots=True)
class AddReport:
    """What adding items came to: how many are new, how many took the place of one with the same id."""

    added: int
    updated: int
    failures: tuple[Failure, ...] = ()
    warnings: tuple[Warning, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What indexing folders came to.

    Attributes
    ----------
    found
        Pictures found in the folders: the sum of the counts up to ``failed_before`` and of the files that
        failed now.
    added, updated
        Files that are new in the collection, and files whose content had changed.
    moved
        Files that were moved or renamed: the item has another id, its vectors and all else are as before.
    unchanged
        Files left alone because neither size and time nor content had changed.
    failed_before
        Files left alone because they failed before and have not changed since.
    copied
        Of those added and updated, how many had the content of another item, or of another file of this run,
        whose vector was copied. The model embedded ``added + updated - copied`` pictures.
    removed, missing
        Items removed because their files are gone, and items marked as missing because too many files are
        gone at once, or their folder.
    failures
        Files that could not be taken in this time, and folders that could not be read.
    roots
        The folders, by the names that the ids of their files begin with.
    elapsed_seconds
        Wall-clock time.
    """

    found: int
    added: int
    updated: int
    unchanged: int
    failed_before: int
    failures: tuple[Failure, ...] = ()
    moved: int = 0
    copied: int = 0
    removed: int = 0
    missing: int = 0
    roots: tuple[Root, ...] = ()
    elapsed_seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report's JSON object. A run that was interrupted gives none in Python."""
        return {
            "found": self.found,
            "added": self.added,
            "updated": self.updated,
            "moved": self.moved,
            "copied": self.copied,
            "unchanged": self.unchanged,
            "failed_before": self.failed_before,
            "removed": self.removed,
            "missing": self.missing,
            "failures": [failure.to_json() for failure in self.failures],
            "roots": [root.to_json() for root in self.roots],
            "elapsed_seconds": self.elapsed_seconds,
            "interrupted": False,
        }

    @property
    def changed(self) -> bool:
        """Whether the collection is another than before, or a file failed."""
        counts = (self.added, self.updated, self.moved, self.removed, self.missing, len(self.failures))
        return any(counts)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What importing a table came to.

    Attributes
    ----------
    rows
        Rows of the table: the sum of the next five and of the failures.
    added, updated
        Rows whose ids are new in the collection, and rows that changed an item.
    unchanged
        Rows whose items were as the row says already.
    failed_before
        Rows left alone because they failed before, and neither they nor their pictures have changed since.
    repeated
        Rows passed over because a later row has their id.
    failures
        Rows that could not be taken in; each message begins with the row's number.
    """

    rows: int
    added: int
    updated: int
    unchanged: int
    failed_before: int = 0
    repeated: int = 0
    failures: tuple[Failure, ...] = ()
    warnings: tuple[Warning, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far adding or indexing has come, counting only what is committed.

    Attributes
    ----------
    done, failed, skipped
        Items that were taken in, that could not be, and that were left alone.
    total
        Their number in the end, None while it is not known.
    added, updated, moved
        What ``done`` is made of: new items, changed ones, and files that were only moved.
    unchanged
        What of ``skipped`` has not changed; the rest failed before, or are rows whose ids later ones have.
    items_per_second
        Items taken in or failed, smoothed over the last seconds; 0 until there is something to go by.
    remaining_seconds
        Estimate of the time left; None until there are a rate and a total.
    """

    done: int
    failed: int
    skipped: int
    total: int | None
    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    items_per_second: float = 0.0
    remaining_seconds: float | None = None
