"""How filters are written, and what is said about those that are written wrongly."""

from __future__ import annotations

import numpy as np
import pytest

import pixie
from pixie.errors import InvalidInputError
from pixie.filters import Filter
from pixie.filters.values import DEEPEST, MOST_CONDITIONS, MOST_VALUES


def mistake(text: str) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        Filter.parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (
            "year >= 2020 and (camera like 'Canon%' or tag in ('red', 'blue')) and has gps",
            Filter.gte("year", 2020)
            & (Filter.like("camera", "Canon%") | Filter.in_("tag", ["red", "blue"]))
            & Filter.has("gps"),
        ),
        ("a = 1 or b = 2 and not c = 3", Filter.eq("a", 1) | Filter.eq("b", 2) & ~Filter.eq("c", 3)),
        ("a not in (1) AND b NOT LIKE 'x'", ~Filter.in_("a", [1]) & ~Filter.like("b", "x")),
        ("a == -1.5e3 and b <> true", Filter.eq("a", -1500.0) & Filter.ne("b", True)),
        ("x is null or y is not null", Filter.is_null("x") | Filter.has("y")),
        ("near(48.1, -11.5, 20)", Filter.near(48.1, -11.5, 20)),
        ("taken < 2020-05-13T13:21", Filter.lt("taken", "2020-05-13T13:21")),
        ("path glob '2021/*'", Filter.glob("path", "2021/*")),
        ('"odd key"."it""s" = \'it\'\'s\'', Filter.eq('odd key."it""s"', "it's")),
        ("metadata.width = 1", Filter.eq("metadata.width", 1)),
        ('camera = "Canon"', Filter.eq("camera", "Canon")),
        ("orange = 1 and notes = 2", Filter.eq("orange", 1) & Filter.eq("notes", 2)),
        ("größe=.5", Filter.eq("größe", 0.5)),
    ],
)
def test_a_text_says_what_builders_say(text: str, same: Filter) -> None:
    assert Filter.parse(text) == same


def test_a_name_that_a_fact_has_is_reached_behind_metadata() -> None:
    assert Filter.eq("metadata.width", 1) != Filter.eq("width", 1)
    assert Filter.eq("metadata.year", 1) == Filter.eq("year", 1)
    assert str(Filter.eq("metadata.width", 1)) == "metadata.width = 1"


def test_a_number_a_text_and_true_are_three_values() -> None:
    filters = [Filter.eq("a", value) for value in (1, 1.0, True, "1")]
    assert len({(type(each.value), str(each)) for each in filters}) == 4
    assert all(one != other for at, one in enumerate(filters) for other in filters[:at])


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("year >= 2020 adn x = 1", 14, "expected and, or or the end; found 'adn'"),
        ("year >=", 8, "expected a value; it ends there"),
        ("", 1, "expected a name"),
        ("(a = 1", 7, "expected ); it ends there"),
        ("a = 1)", 6, "expected the end; found ')'"),
        ("a = 12x", 5, "expected a value; found '12x'"),
        ("a = 'x", 5, "expected a value"),
        ("a in ()", 7, "expected a value; found ')'"),
        ("near(1, 2)", 10, "expected ,; found ')'"),
        ("a = $", 5, "expected a value; found '$'"),
        ("a = 1; drop table items", 6, "found ';'"),
    ],
)
def test_wrong_syntax_is_told_by_its_place_and_what_could_stand_there(text: str, at: int, said: str) -> None:
    error = mistake(text)
    assert error.code == "syntax"
    assert f"wrong at character {at}: " in error.message
    assert said in error.message.splitlines()[0]
    shown, pointer = error.message.splitlines()[1:]
    assert shown == f"  {text}".rstrip("\n")
    assert pointer.index("^") == at + 1


def test_a_mistake_far_into_a_filter_is_shown_with_what_is_around_it() -> None:
    text = " and ".join(f"key{i} = {i}" for i in range(100)) + " oder x = 1"
    _, shown, pointer = mistake(text).message.splitlines()
    assert len(shown) < 200
    assert shown[pointer.index("^") :].startswith("oder x")


def test_null_as_a_value_is_answered_with_is_null() -> None:
    assert "is null" in (mistake("year = null").fix or "")


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "not " * 100_000 + "a = 1", "a = " + "9" * 5000, "a" * 1_000_001]
)
def test_no_text_overflows_a_stack(text: str) -> None:
    with pytest.raises(InvalidInputError):
        Filter.parse(text)


def test_filters_can_be_so_deep_and_no_deeper() -> None:
    deep = "not " * (DEEPEST - 1)
    assert Filter.parse(f"{deep} a = 1").depth == DEEPEST
    with pytest.raises(InvalidInputError, match="more than 20 filters inside each other"):
        Filter.parse(f"not {deep} a = 1")


def test_filters_can_have_so_many_conditions_and_values_and_no_more() -> None:
    row = Filter.eq("a", 0)
    for value in range(1, MOST_CONDITIONS):
        row &= Filter.eq("a", value)
    assert row.depth == 2
    with pytest.raises(InvalidInputError, match="more than 500 conditions"):
        row & Filter.eq("a", -1)
    assert Filter.in_("a", range(MOST_VALUES)).conditions == 1
    with pytest.raises(InvalidInputError, match="more than 10,000 values"):
        Filter.in_("a", range(MOST_VALUES + 1))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Filter.eq("", 1), "has the name ''"),
        (lambda: Filter.eq("a..b", 1), "has the name 'a..b'"),
        (lambda: Filter.eq("a", None), "compares a with None"),
        (lambda: Filter.eq("a", float("nan")), "compares a with nan"),
        (lambda: Filter.eq("a", 10**400), "compares a with 1000"),
        (lambda: Filter.like("a", 5), "with the pattern '5'"),
        (lambda: Filter.glob("a", "*" * 1001), "at most 1000 characters"),
        (lambda: Filter.in_("a", []), "in no values"),
        (lambda: Filter.near(91, 0, 1), "the latitude of a place in a filter is 91"),
        (lambda: Filter.near(0, -181, 1), "the longitude of a place in a filter is -181"),
        (lambda: Filter.near(0, 0, -1), "the km of a place in a filter is -1"),
    ],
)
def test_builders_refuse_what_makes_no_sense(made, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        made()
    assert said in str(caught.value)


def test_numbers_of_numpy_are_numbers() -> None:
    assert Filter.eq("a", np.int64(3)) == Filter.eq("a", 3)
    assert Filter.eq("a", np.float64(0.5)) == Filter.eq("a", 0.5)


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {"op": "equals", "name": "a", "value": 1},
        {"op": "eq", "name": "a"},
        {"op": "eq", "value": 1},
        {"op": "and", "filters": []},
        {"op": "and", "filters": "ab"},
        {"op": "not"},
        {"op": "in", "name": "a", "values": 1},
        {"op": ["eq"], "name": "a", "value": 1},
        {"op": "eq", "name": 3, "value": 1},
        {"op": "near", "latitude": "north", "longitude": 0, "km": 1},
    ],
)
def test_json_that_is_no_filter_is_refused(found) -> None:
    with pytest.raises(InvalidInputError):
        Filter.from_json(found)


def test_json_that_is_too_deep_is_refused() -> None:
    found = {"op": "eq", "name": "a", "value": 1}
    for _ in range(500):
        found = {"op": "not", "filter": found}
    with pytest.raises(InvalidInputError, match="inside each other"):
        Filter.from_json(found)


def test_a_text_is_a_filter_in_json_too() -> None:
    found = {"op": "and", "filters": ["year >= 2020", {"op": "has", "name": "gps"}]}
    assert Filter.from_json(found) == Filter.parse("year >= 2020 and has gps")
    assert pixie.Filter is Filter
