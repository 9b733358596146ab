"""Which items a call from Java is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pixie.filters import Filter
from pixie.listing import Selection
from pixie.ordering import Order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixie.holdings import Holdings


def where_of(argument: dict[str, Any]) -> Filter | None:
    """The filter under ``where``, a JSON value, if there is one."""
    where = argument.get("where")
    return None if where is None else Filter.from_json(where)


def order_of(argument: dict[str, Any]) -> Order | None:
    """The order under ``sort``, if there is one."""
    sort = argument.get("sort")
    return None if sort is None else Order.parse(sort)


def selection_of(argument: dict[str, Any]) -> Selection:
    """The items that the call is about."""
    return Selection(
        where_of(argument), argument.get("prefix"), order_of(argument), argument.get("missing") or "hide"
    )


def ids_of(argument: dict[str, Any], holdings: Holdings) -> Iterable[str]:
    """The ids under ``ids``, or of the items that a filter matches."""
    ids: Iterable[str] | None = argument.get("ids")
    return holdings.listing.ids(selection_of(argument)) if ids is None else ids
