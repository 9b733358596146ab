"""The grammar of filters, and what its rules make; imported only when a filter is read, as lark is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer

from pixie.filters.names import Name
from pixie.filters.tree import And, Filter, Has, In, Near, Not, Null, Or, Test

if TYPE_CHECKING:
    from pixie.filters.values import Value

_OPERATORS = {written: name for name, written in Test.OPERATORS.items()} | {"==": "eq", "<>": "ne"}


class _Builder(Transformer[Token, Filter]):
    """Makes a filter of what was read: a method for each rule, from the inside out and without recursion."""

    def start(self, parts: list[Any]) -> Filter:
        found: Filter = parts[0]
        return found

    def or_(self, parts: list[Any]) -> Filter:
        return Or(tuple(parts[::2]))

    def and_(self, parts: list[Any]) -> Filter:
        return And(tuple(parts[::2]))

    def not_(self, parts: list[Any]) -> Filter:
        return Not(parts[1])

    def test(self, parts: list[Any]) -> Filter:
        name, operator, value = parts
        return Test(_OPERATORS[operator.lower()], name, value)

    def not_test(self, parts: list[Any]) -> Filter:
        return Not(self.test([parts[0], *parts[2:]]))

    def in_(self, parts: list[Any]) -> Filter:
        return In(parts[0], tuple(parts[2:]))

    def not_in(self, parts: list[Any]) -> Filter:
        return Not(In(parts[0], tuple(parts[3:])))

    def null(self, parts: list[Any]) -> Filter:
        return Null(parts[0])

    def has(self, parts: list[Any]) -> Filter:
        return Has(next(part for part in parts if isinstance(part, Name)))

    def near(self, parts: list[Any]) -> Filter:
        return Near(*(_number(token) for token in parts[1:]))

    def name(self, parts: list[Any]) -> Name:
        return Name.of_parts(tuple(parts))

    def part(self, parts: list[Token]) -> str:
        return _text(parts[0]) if parts[0].type == "QUOTED" else str(parts[0])

    def text(self, parts: list[Token]) -> str:
        return _text(parts[0])

    def date(self, parts: list[Token]) -> str:
        return str(parts[0])

    def number(self, parts: list[Token]) -> Value:
        return _number(parts[0])

    def true(self, _parts: list[Token]) -> bool:
        return True

    def false(self, _parts: list[Token]) -> bool:
        return False


def _text(token: Token) -> str:
    quote = token[0]
    return token[1:-1].replace(2 * quote, quote)


def _number(token: Token) -> int | float:
    # Python reads no integer of thousands of digits; as a float it is infinite, which a value may not be.
    return int(token) if re.fullmatch(r"[+-]?\d{1,400}", token, re.ASCII) else float(token)


LANGUAGE = Lark(
    (Path(__file__).parent / "filter.lark").read_text(encoding="utf-8"),
    parser="lalr",
    transformer=_Builder(),
    maybe_placeholders=False,
)
"""Reads a filter in one pass: its parser has a stack of its own, so that no filter overflows Python's."""
