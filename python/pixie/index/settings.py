"""What settings of every index kind have in common: frozen, checked, and savable as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

from pixie.errors import InvalidInputError

S = TypeVar("S", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """Settings of an index kind; a kind's own class adds the fields and their ranges.

    Every field is a whole number, or None where the kind chooses by the number of rows it holds.
    """

    RANGES: ClassVar[dict[str, tuple[int, int]]] = {}
    """Lowest and highest value of each field."""

    AT_SEARCH: ClassVar[frozenset[str]] = frozenset()
    """The fields that a single search may override."""

    TRIED: ClassVar[dict[str, tuple[int, ...]]] = {}
    """Values of such fields that tuning tries, ascending; the other fields' go up by factors of root 2."""

    def __post_init__(self) -> None:
        optional = {field.name for field in fields(self) if field.default is None}
        for name, (low, high) in self.RANGES.items():
            value = getattr(self, name)
            if value is None and name in optional:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise InvalidInputError(
                    f"{name} is {value!r}, it must be a whole number from {low} to {high}", item=name
                )

    @classmethod
    def of(cls: type[S], values: dict[str, Any]) -> S:
        """Settings with `values` in place of the defaults."""
        _known(values, {field.name for field in fields(cls)})
        return cls(**values)

    def at_search(self: S, given: dict[str, Any], tuned: dict[str, Any]) -> S:
        """These settings with what one search gives, and with tuned values where nothing was given."""
        _known(given, set(self.AT_SEARCH))
        missing = {name: value for name, value in tuned.items() if getattr(self, name) is None}
        return replace(self, **(missing | given)) if missing or given else self

    def checked_tuning(self, tuned: dict[str, dict[str, Any]]) -> dict[str, dict[str, int]]:
        """Tuned settings by modality, refused unless each may be set by a search."""
        for values in tuned.values():
            _known(values, set(self.AT_SEARCH))
            replace(self, **values)
        return tuned

    def ladders(self, rows: int) -> dict[str, tuple[int, ...]]:
        """What tuning tries over `rows` rows: for each field of a search that is None its values, ascending.

        Each value costs more than the one before and finds at least as much. The first field is the one that
        recall depends most on.
        """
        free = [field.name for field in fields(self) if field.name in self.AT_SEARCH]
        return {
            name: self.TRIED.get(name) or _powers(*self.RANGES[name], rows)
            for name in free
            if getattr(self, name) is None
        }

    def as_dict(self) -> dict[str, int | None]:
        """The settings as a JSON object."""
        return asdict(self)


def _powers(low: int, high: int, rows: int) -> tuple[int, ...]:
    """The powers of root 2 from `low` to `high` and no further than the first beyond `rows`."""
    powers = (round(low * 2 ** (step / 2)) for step in range(64))
    return tuple(sorted({min(power, high) for power in powers if power < max(2 * rows, 2)} | {low}))


def _known(values: dict[str, Any], names: set[str]) -> None:
    for name in values:
        if name not in names:
            choices = ", ".join(sorted(names)) or "none"
            raise InvalidInputError(f"{name!r} is no setting here; there are: {choices}", item=name)
