"""Terms: how they are written, and what they add up to."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from pixie.errors import InvalidInputError
from pixie.query import Part, Term, combine


@pytest.mark.parametrize(
    ("source", "kind", "value", "weight"),
    [
        ("a dog on a beach", "text", "a dog on a beach", 1.0),
        ("0.5:dog", "text", "dog", 0.5),
        ("2:dog", "text", "dog", 2.0),
        (".5:dog", "text", "dog", 0.5),
        ("5.:dog", "text", "dog", 5.0),
        ("-1:crowd", "text", "crowd", -1.0),
        ("+3:dog", "text", "dog", 3.0),
        ("zz:cat", "text", "zz:cat", 1.0),
        ("1e3:cat", "text", "1e3:cat", 1.0),
        ("inf:cat", "text", "inf:cat", 1.0),
        ("1,5:cat", "text", "1,5:cat", 1.0),
        ("\u0663:cat", "text", "\u0663:cat", 1.0),
        ("http://example.org", "text", "http://example.org", 1.0),
        ("at 12:30", "text", "at 12:30", 1.0),
        ("12:30", "text", "30", 12.0),
        ("text:12:30", "text", "12:30", 1.0),
        ("text:@home", "text", "@home", 1.0),
        ("text:id:x", "text", "id:x", 1.0),
        ("text:text:x", "text", "text:x", 1.0),
        ("0.5:text:2:x", "text", "2:x", 0.5),
        ("id card", "text", "id card", 1.0),
        ("two\nlines", "text", "two\nlines", 1.0),
        ("2:two\nlines", "text", "two\nlines", 2.0),
        ("@holiday.jpg", "image", "holiday.jpg", 1.0),
        ("0.5:@holiday.jpg", "image", "holiday.jpg", 0.5),
        ("@/a b/@c:1.jpg", "image", "/a b/@c:1.jpg", 1.0),
        ("id:Pictures/a.jpg", "item", "Pictures/a.jpg", 1.0),
        ("-0.25:id:id:x", "item", "id:x", -0.25),
        ("id:\udcff\0", "item", "\udcff\0", 1.0),
    ],
)
def test_a_term_is_read(source: str, kind: str, value: str, weight: float) -> None:
    assert Term.parse(source) == Term(kind, value, weight)


def test_a_tilde_after_the_at_sign_is_the_home_folder() -> None:
    assert Term.parse("@~/a.jpg").value == os.path.expanduser("~/a.jpg")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "blank text"),
        ("   ", "blank text"),
        ("0.5:", "blank text"),
        ("text: ", "blank text"),
        ("@", "names no file"),
        ("2:@", "names no file"),
        ("id:", "names no item"),
        ("-1:id:", "names no item"),
        ("0:cat", "weight of a term is 0.0"),
        ("9" * 400 + ":cat", "weight of a term is inf"),
    ],
)
def test_a_term_of_nothing_is_refused(source: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        Term.parse(source)


@pytest.mark.parametrize(
    "vector", [[], [0.0, 0.0], [[1.0, 0.0]], [float("nan"), 1.0], [float("inf")], "words", None, [1.0, [2.0]]]
)
def test_a_vector_that_is_none_is_refused(vector: object) -> None:
    with pytest.raises(InvalidInputError, match="a vector of the query"):
        Term.vector(vector)


def test_numbers_of_numpy_are_numbers() -> None:
    assert Term.text("x", weight=np.float32(0.5)) == Term.text("x", weight=0.5)
    assert Term.vector(np.array([1, 2], np.float32)) == Term.vector([1, 2])


@pytest.mark.parametrize("weight", [0, float("nan"), float("inf"), "2"])
def test_a_weight_that_weighs_nothing_is_refused(weight: float) -> None:
    with pytest.raises(InvalidInputError, match="weight of a term"):
        Term.text("x", weight=weight)


def test_minus_turns_the_sign() -> None:
    assert Term.text("x", weight=0.5).minus() == Term.text("x", weight=-0.5)


def test_terms_are_the_same_after_json() -> None:
    for term in (
        Term.text("a dog", 0.5),
        Term.image(Path("/a.jpg")),
        Term.item("x", -1.0),
        Term.vector([0.5, -1, 0]),
    ):
        assert Term.from_json(term.to_json()) == term


def test_a_picture_in_memory_has_no_json() -> None:
    with pytest.raises(InvalidInputError, match="picture in memory has no JSON"):
        Term.image(b"bytes").to_json()


@pytest.mark.parametrize("found", [{}, {"weight": 1.0}, {"text": "x", "id": "y"}])
def test_json_of_no_single_term_is_refused(found: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="exactly one"):
        Term.from_json(found)


# Sums

X, Y = np.eye(4, dtype=np.float32)[:2]


def test_a_query_is_the_weighted_sum_scaled_to_length_1() -> None:
    direction = combine([Part(1.0, X, "text"), Part(3.0, 5 * Y, "text")], 4)
    np.testing.assert_allclose(direction.vector, np.array([1, 3, 0, 0]) / np.sqrt(10), atol=1e-7)
    assert direction.vector.dtype == np.float32
    assert direction.modality == "text"


def test_a_negative_weight_points_away() -> None:
    direction = combine([Part(1.0, X), Part(-1.0, Y)], 4)
    np.testing.assert_allclose(direction.vector, np.array([1, -1, 0, 0]) / np.sqrt(2), atol=1e-7)


def test_weights_count_in_proportion_however_large() -> None:
    small = combine([Part(1.0, X), Part(2.0, Y)], 4).vector
    np.testing.assert_allclose(combine([Part(8e307, X), Part(1.6e308, Y)], 4).vector, small, atol=1e-7)
    np.testing.assert_allclose(combine([Part(1e-300, X), Part(2e-300, Y)], 4).vector, small, atol=1e-7)


def test_only_positive_terms_say_what_a_query_is_made_of() -> None:
    assert combine([Part(1.0, X, "text"), Part(-1.0, Y, "image")], 4).modality == "text"
    assert combine([Part(1.0, X, "text"), Part(1.0, Y, "image")], 4).modality is None
    assert combine([Part(1.0, X, None), Part(1.0, Y, "image")], 4).modality is None


@pytest.mark.parametrize("noise", [0, 2e-7])
def test_terms_that_cancel_out_are_refused(noise: float) -> None:
    with pytest.raises(InvalidInputError, match="cancel each other out"):
        combine([Part(0.7, X), Part(-0.7, X + np.float32(noise) * Y)], 4)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "the query is empty"),
        ([Part(1.0, X[:3])], "vector of term 1 has 3 numbers instead of 4"),
        ([Part(1.0, X), Part(1.0, 0 * X)], "vector of term 2 is zero or not finite"),
        ([Part(1.0, X * np.nan)], "vector of term 1 is zero or not finite"),
        ([Part(float("nan"), X)], "weight of the query is 0 or not finite"),
        ([Part(float("inf"), X)], "weight of the query is 0 or not finite"),
        ([Part(0.0, X)], "weight of the query is 0 or not finite"),
    ],
)
def test_parts_that_give_no_direction_are_refused(parts: list[Part], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        combine(parts, 4)
