"""Lists of items by filters, in orders and page by page; what is counted, changed and removed by filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collection_fixtures import put
from listing_fixtures import ITEMS, fill, mark_missing
from pixie.collection import Collection
from pixie.errors import CollectionError, InvalidInputError
from pixie.filters import Filter
from pixie.holdings import Holdings

if TYPE_CHECKING:
    from pixie.items import Item

BEACH, CITY, DOG, CAPTION, PLAIN = ITEMS


@pytest.fixture
def photos(holdings: Holdings) -> Collection:
    return fill(holdings)


def ids(items: list[Item]) -> list[str]:
    return [item.id for item in items]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("year = 2020", [BEACH]),
        ("year = 2021", [CITY]),
        ("year = '2021'", [DOG]),
        ("year != 2020", [CITY, DOG]),
        ("not year = 2020", [CITY, DOG]),
        ("year > 2020", [CITY]),
        ("year >= 2020", [BEACH, CITY]),
        ("year >= 2020.0 and year < 2020.5", [BEACH]),
        ("year is null", [CAPTION, PLAIN]),
        ("has year", [BEACH, CITY, DOG]),
        ("nothing = 1 or not nothing = 1", []),
        ("tag = 'red'", [BEACH, CITY]),
        ("tag in ('blue', 'green')", [BEACH]),
        ("tag != 'red'", [DOG]),
        ("tag contains 'blue'", [BEACH]),
        ("tag contains 'ed'", [CITY]),
        ("tag like 'BL%'", [BEACH]),
        ("exif.iso <= 100", [BEACH]),
        ("draft = true", [BEACH]),
        ("draft = 1", []),
        ("draft = false", [CITY]),
        ("metadata.width = 5", [DOG]),
        ("width = 200", [DOG]),
        ('"it\'s ""odd""" = 1', [CAPTION]),
        ("größe = 9007199254740993", [CAPTION]),
        ("größe = 9007199254740992", []),
        ("id like '%.jpg' and id != 'Pictures/2021/dog.jpg'", [BEACH, CITY]),
        ("text contains 'dog'", [CAPTION]),
        ("vectors = 'text'", [CAPTION]),
        ("camera like 'canon%'", [BEACH, PLAIN]),
        ("camera glob 'canon*'", [PLAIN]),
        ("has gps", [BEACH, CITY]),
        ("taken >= 2020", [BEACH, CITY]),
        ("taken = 2020-05", [BEACH]),
        ("taken < 2021-01-01", [BEACH]),
        ("taken <= 2021-01-01", [BEACH, CITY]),
        ("taken > 2020-12-31", [CITY]),
        ("taken > 2021-01-01", []),
        ("taken = '2020-05-13T13:21'", [BEACH]),
        ("taken in (2020-05-12, 2020-05-13)", [BEACH]),
        ("modified = 2022-01-09", [CITY]),
        ("modified >= 2022-01-10T01:00:00+01:00", [DOG]),
        ("modified > 2022-01-10T01:00:00+01:00", []),
        ("path glob '2021/*'", [CITY, DOG]),
        ("path glob '/home/ann/Pictures/2021/*'", [CITY, DOG]),
        ("path like '2020/%'", [BEACH]),
        ("path = '2021/city.jpg'", []),
        ("path = '/home/ann/Pictures/2021/city.jpg'", [CITY]),
        ("path is null", [CAPTION, PLAIN]),
        ("near(48.14, 11.58, 1)", [BEACH]),
        ("near(48.14, 11.58, 0.2)", []),
        ("near(-17.7, -179.9, 30)", [CITY]),
        ("near(-17.7, -179.9, 20)", []),
        ("near(90, 0, 4700)", [BEACH]),
        ("not near(48.14, 11.58, 1)", [CITY]),
    ],
)
def test_a_filter_matches(photos: Collection, where: str, expected: list[str]) -> None:
    assert ids(photos.items(where=where)) == expected


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("width = 'wide'", "compares width with 'wide'; it is a number"),
        ("camera = 5", "compares camera with '5'; it is a text"),
        ("width like '4%'", "it is a number"),
        ("gps = 'Munich'", "which is a place"),
        ("taken = 'yesterday'", "'yesterday', which is no date"),
        ("taken = 2020-02-30", "which is no date"),
        ("taken like '2020%'", "it is a date"),
        ("taken > 2020-05-13T10:00:00Z", "the camera's clock, which has no zone"),
        ("vectors > 'image'", "a list of image, text or both"),
    ],
)
def test_a_fact_is_compared_with_values_of_its_kind_alone(photos: Collection, where: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        photos.items(where=where)
    assert said in str(caught.value)


def test_nothing_of_a_filter_is_taken_for_sql(photos: Collection) -> None:
    for hostile in ("x' OR '1'='1", "'; DROP TABLE items; --", '") OR 1=1 --', "$.year", "a' || 'b", "\\"):
        quoted = '"' + hostile.replace('"', '""') + '"'
        assert photos.items(where=Filter.eq(quoted, hostile)) == []
        assert photos.items(where=Filter.has(quoted)) == []
        assert photos.items(where=Filter.like("camera", hostile)) == []
    assert len(photos) == len(ITEMS)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("date", [BEACH, CITY, DOG, CAPTION, PLAIN]),
        ("date:desc", [CAPTION, PLAIN, DOG, CITY, BEACH]),
        ("width:desc", [BEACH, CITY, DOG, CAPTION, PLAIN]),
        ("width", [DOG, CITY, BEACH, CAPTION, PLAIN]),
        ("year", [BEACH, CITY, DOG, CAPTION, PLAIN]),
        ("exif.iso:desc", [CITY, BEACH, DOG, CAPTION, PLAIN]),
        ("path", [BEACH, CITY, DOG, CAPTION, PLAIN]),
        ('"it\'s ""odd"""', [CAPTION, BEACH, CITY, DOG, PLAIN]),
    ],
)
def test_an_order_puts_items_that_lack_it_last(photos: Collection, sort: str, expected: list[str]) -> None:
    assert ids(photos.items(sort=sort)) == expected
    assert ids(list(photos.each(sort=sort))) == expected
    # The first page and those after it are made in different ways.
    assert ids(photos.items(sort=sort, limit=2) + photos.items(sort=sort, offset=2)) == expected


@pytest.mark.parametrize("sort", ["", "gps", "vectors:desc", "score:asc", "a..b"])
def test_an_order_that_is_none_is_refused(photos: Collection, sort: str) -> None:
    with pytest.raises(InvalidInputError):
        photos.items(sort=sort)


def test_pages_know_how_many_there_are_in_all(photos: Collection) -> None:
    for offset, expected in ((0, [BEACH, CITY]), (2, [DOG]), (3, [])):
        argument = {"where": Filter.has("year"), "prefix": "Pict"}
        from pixie.listing import Selection

        items, total = photos.holdings.listing.page(Selection(**argument), offset, 2)
        assert (ids(items), total) == (expected, 3)


def test_a_later_page_follows_what_was_committed_since(photos: Collection, holdings: Holdings) -> None:
    assert ids(photos.items(offset=3)) == [CAPTION, PLAIN]
    put(holdings, "another")
    assert ids(photos.items(offset=3)) == ["another", CAPTION, PLAIN]


def test_items_whose_files_are_missing_are_listed_when_asked_for(
    photos: Collection, holdings: Holdings
) -> None:
    mark_missing(holdings, CITY)
    assert ids(photos.items()) == [BEACH, DOG, CAPTION, PLAIN]
    assert ids(photos.items(prefix="Pictures/", offset=1)) == [DOG]
    assert ids(photos.items(where="year >= 2020")) == [BEACH]
    assert ids(photos.items(where="missing is not null")) == [CITY]
    assert ids(photos.items(where="missing < 2026-06-02")) == [CITY]
    assert ids(photos.items(missing="only")) == [CITY]
    assert ids(photos.items(missing="include")) == [BEACH, CITY, DOG, CAPTION, PLAIN]
    assert photos.get(CITY) is not None
    assert (len(photos), photos.stats()["items"], photos.stats("has year")["missing"]) == (5, 5, 1)


def test_a_filter_counts_in_stats_what_it_matches(photos: Collection) -> None:
    stats = photos.stats("year >= 2020 or vectors = 'text'")
    assert (stats["items"], stats["vectors"]) == (3, {"image": 2, "text": 1})
    assert photos.stats()["items"] == 5


def test_a_filter_removes_what_it_matches(photos: Collection) -> None:
    assert photos.remove(where="year = 2021 or year = '2021'") == 2
    assert ids(photos.items()) == [BEACH, CAPTION, PLAIN]
    with pytest.raises(InvalidInputError, match="by ids and by a filter"):
        photos.remove(BEACH, where="has year")


def test_an_iteration_sees_one_moment(photos: Collection, holdings: Holdings) -> None:
    each = photos.each()
    first = next(each)
    photos.remove(PLAIN)
    assert ids([first, *each]) == [BEACH, CITY, DOG, CAPTION, PLAIN]
    assert ids(list(photos.each())) == [BEACH, CITY, DOG, CAPTION]


def test_facets_count_values_and_say_how_many_items_have_none(photos: Collection) -> None:
    def facets(name: str, **which: object) -> list[tuple[object, int]]:
        return [(facet.value, facet.count) for facet in photos.facets(name, **which).facets]

    assert facets("tag") == [("red", 2), ("blue", 1)]
    assert facets("year") == [(2020, 1), (2021.0, 1), ("2021", 1)]
    assert facets("draft") == [(False, 1), (True, 1)]
    assert facets("taken") == [("2020-05", 1), ("2021-01", 1)]
    assert facets("modified", where="has taken") == [("2022-01", 2)]
    assert facets("vectors") == [("image", 4), ("text", 1)]
    assert facets("tag", where="year = 2020") == [("blue", 1), ("red", 1)]
    assert facets("tag", where="path glob '*2020*' and id glob '*beach*'") == [("blue", 1), ("red", 1)]
    assert facets("exif") == []
    assert facets('"it\'s ""odd"""') == [(1, 1)]
    found = photos.facets("tag", limit=1, offset=1)
    assert ([facet.value for facet in found.facets], found.total, found.without) == (["blue"], 2, 3)
    with pytest.raises(InvalidInputError, match="gps is a place"):
        photos.facets("gps")


def test_an_entry_that_a_list_has_twice_is_one_items(photos: Collection) -> None:
    photos.set_metadata(BEACH, values={"tag": ["red", "red"]})
    assert [facet.to_json() for facet in photos.facets("tag").facets] == [{"value": "red", "count": 2}]


def test_keys_are_set_and_taken_away_and_the_others_stay(photos: Collection) -> None:
    changed = photos.set_metadata(
        BEACH,
        "nobody",
        values={"rating": 5, "exif.iso": 200, "gear.bag.colour": "red"},
        unset=["draft", "absent"],
    )
    item = photos.get(BEACH)
    assert changed == 1
    assert item is not None
    assert item.metadata == {
        "year": 2020,
        "tag": ["red", "blue"],
        "exif": {"iso": 200},
        "rating": 5,
        "gear": {"bag": {"colour": "red"}},
    }
    assert item.camera == "Canon EOS R5"


def test_keys_are_set_by_a_filter(photos: Collection) -> None:
    assert photos.set_metadata(where="has year", values={"year": 1999, "metadata.width": 7}) == 3
    assert ids(photos.items(where="year = 1999 and metadata.width = 7")) == [BEACH, CITY, DOG]


def test_a_key_that_leads_into_no_object_changes_nothing(photos: Collection) -> None:
    with pytest.raises(InvalidInputError, match="in which nothing can be set"):
        photos.set_metadata(where="has year", values={"exif.iso": 1, "year.month": 5})
    assert ids(photos.items(where="exif.iso = 1")) == []


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"values": {"a": {1, 2}}},
        {"values": {"a": 1}, "unset": ["a"]},
        {"unset": [""]},
        {"values": {"": 1}},
    ],
)
def test_changes_that_make_no_sense_are_refused(photos: Collection, change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        photos.set_metadata(BEACH, **change)


def test_a_reader_changes_nothing(photos: Collection, holdings: Holdings) -> None:
    with Holdings(holdings.path, read_only=True) as reader, pytest.raises(CollectionError) as caught:
        Collection(reader).set_metadata(BEACH, values={"a": 1})
    assert caught.value.code == "read_only"
