"""An index on disk: written whole, opened by mmap, and never trusted when damaged."""

from __future__ import annotations

import json
import os
import zlib

import numpy as np
import pytest

from index_vectors import ClipVectors, random_rows
from pixie.errors import CollectionError, InvalidInputError
from pixie.index import arrays, load_index, make_index

INDEXES = {
    "exact": ("exact", {}),
    "lsh": ("lsh", {"exact_below": 100, "flat_below": 100, "bits": 5, "probes": 32}),
    # All buckets, since rows that lie outside them are scanned whole until they are saved.
    "kmeans": ("kmeans", {"exact_below": 100, "flat_below": 100, "probes": 4096, "candidates": 500}),
    "flat": ("auto", {"exact_below": 100}),
    "exact, in bytes": ("exact", {"prefilter": 1}),
    "hnsw": ("hnsw", {"exact_below": 100, "m": 4, "ef": 200}),
    "pq": ("pq", {"exact_below": 100, "candidates": 400}),
}


@pytest.fixture(params=INDEXES)
def index(request):
    kind, settings = INDEXES[request.param]
    made = make_index(kind, 24, **settings)
    data = ClipVectors(24, seed=2)
    made.fit(data.pictures(3000))
    made.add(np.arange(3000, 3200), data.pictures(200))
    made.remove(np.arange(0, 3200, 9))
    return made


def same_answers(one, other):
    queries, allow = ClipVectors(24, seed=3).texts(5), np.arange(3200) % 2 == 0
    for mask in (None, allow):
        for left, right in zip(
            one.search(queries, 20, allow=mask), other.search(queries, 20, allow=mask), strict=True
        ):
            np.testing.assert_array_equal(left, right)


def test_a_loaded_index_answers_as_the_saved_one(index, tmp_path):
    index.save(tmp_path / "index")
    loaded = load_index(tmp_path / "index")
    assert (loaded.kind, loaded.settings, len(loaded)) == (index.kind, index.settings, len(index))
    # Rows outside the buckets are put into them when they are saved.
    changing = {"rows_outside_buckets", "bytes"}
    known, wanted = (
        {name: fact for name, fact in one.stats().items() if name not in changing} for one in (loaded, index)
    )
    assert known == wanted
    same_answers(index, loaded)


def test_a_loaded_index_takes_additions_and_removals(index, tmp_path):
    index.save(tmp_path)
    loaded = type(index).load(tmp_path)
    more = random_rows(900, 24, seed=8)
    for one in (index, loaded):
        one.add(np.arange(3200, 4100), more)
        one.remove(np.arange(1, 4100, 10))
    same_answers(index, loaded)
    assert loaded.search(more[5:6], 1)[0][0, 0] == 3205


def test_an_index_without_its_vectors_is_opened_over_their_file(index, tmp_path):
    rows = index._state.rows
    (tmp_path / "vectors.f32").write_bytes(
        rows.take(np.arange(len(rows))).tobytes() + random_rows(5, 24).tobytes()
    )
    mapped = np.memmap(tmp_path / "vectors.f32", "<f4", "r").reshape(-1, 24)
    index.save(tmp_path / "index", vectors=False)
    loaded = load_index(tmp_path / "index", mapped)
    same_answers(index, loaded)
    assert np.shares_memory(loaded._state.rows.vectors.parts[0].values, mapped)
    index.save(tmp_path / "whole")
    without, whole = (
        sum(file.stat().st_size for file in (tmp_path / name).iterdir()) for name in ("index", "whole")
    )
    assert whole - without == pytest.approx(rows.dim * 4 * len(rows), abs=2000)


def test_an_index_without_its_vectors_refuses_other_vectors(index, tmp_path):
    index.save(tmp_path, vectors=False)
    with pytest.raises(InvalidInputError, match="without its vectors"):
        load_index(tmp_path)
    for other in (random_rows(3200, 24), random_rows(10, 24)):
        with pytest.raises(CollectionError, match="other vectors") as caught:
            load_index(tmp_path, other)
        assert caught.value.code == "damaged"


def test_rows_that_are_not_counted_from_zero_are_saved_with_their_vectors_only(tmp_path):
    index = make_index("exact", 8)
    index.fit(random_rows(3, 8), [4, 2, 9])
    with pytest.raises(InvalidInputError, match="not numbered"):
        index.save(tmp_path, vectors=False)
    index.save(tmp_path)
    assert load_index(tmp_path).search(random_rows(1, 8), 3)[0].tolist() != [[0, 1, 2]]


def test_an_empty_index_can_be_saved(tmp_path):
    make_index("lsh", 8).save(tmp_path)
    loaded = load_index(tmp_path)
    assert len(loaded) == 0
    loaded.add([3], random_rows(1, 8))
    assert loaded.search(random_rows(1, 8), 1)[0].tolist() == [[3]]


def test_saving_again_replaces_the_old_arrays_under_an_open_reader(index, tmp_path):
    index.save(tmp_path)
    reader = load_index(tmp_path)
    before = reader.search(random_rows(2, 24), 9)
    index.remove(np.arange(3000))
    index.save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    for left, right in zip(before, reader.search(random_rows(2, 24), 9), strict=True):
        np.testing.assert_array_equal(left, right)
    assert len(load_index(tmp_path)) == len(index)


def test_every_flipped_byte_is_found(index, tmp_path):
    index.save(tmp_path)
    random = np.random.default_rng(5)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        spots = random.choice(len(whole), 40, replace=False).tolist()
        for spot in [0, len(whole) - 1, *spots]:
            if path.suffix == ".bin" and in_padding(tmp_path, spot):
                continue
            path.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1 << spot % 8]) + whole[spot + 1 :])
            with pytest.raises(CollectionError) as caught:
                load_index(tmp_path)
            assert caught.value.code == "damaged"
            assert "delete that folder" in str(caught.value)
        path.write_bytes(whole)
    load_index(tmp_path)


def in_padding(folder, spot):
    entries = json.loads((folder / arrays.HEADER).read_text())["arrays"].values()
    sizes = {e["offset"]: np.dtype(e["dtype"]).itemsize * int(np.prod(e["shape"])) for e in entries}
    return not any(start <= spot < start + size for start, size in sizes.items())


@pytest.mark.parametrize(
    "damage", ["cut", "longer", "gone", "empty header", "header of another kind", "binary header"]
)
def test_damage_of_the_files_is_named(index, tmp_path, damage):
    index.save(tmp_path)
    header, file = tmp_path / arrays.HEADER, next(tmp_path.glob("arrays-*.bin"))
    if damage == "cut":
        os.truncate(file, file.stat().st_size // 2)
    elif damage == "longer":
        file.write_bytes(file.read_bytes() + b"\0")
    elif damage == "gone":
        file.unlink()
    elif damage == "empty header":
        header.write_bytes(b"")
    elif damage == "binary header":
        header.write_bytes(os.urandom(300))
    else:
        header.write_text('["no", "object"]')
    with pytest.raises(CollectionError) as caught:
        load_index(tmp_path)
    assert caught.value.code == "damaged"
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 2}, "newer_format"),
        ({"about": {"kind": "tree"}}, "damaged"),
        (
            {"about": {"kind": "exact", "dim": 24, "rows": 3, "settings": {"depth": 1}, "vectors": True}},
            "damaged",
        ),
        ({"about": {"kind": "exact", "dim": 9, "rows": 3, "settings": {}, "vectors": True}}, "damaged"),
    ],
)
def test_a_header_this_version_does_not_know_is_refused(tmp_path, change, code):
    index = make_index("exact", 24)
    index.fit(random_rows(3, 24))
    index.save(tmp_path)
    path = tmp_path / arrays.HEADER
    header = {**json.loads(path.read_text()), **change}
    del header["crc32"]
    path.write_text(json.dumps({**header, "crc32": zlib.crc32(json.dumps(header, sort_keys=True).encode())}))
    with pytest.raises(CollectionError) as caught:
        load_index(tmp_path)
    assert caught.value.code == code


def test_no_index_and_another_kind_are_told_apart(tmp_path):
    with pytest.raises(CollectionError) as caught:
        load_index(tmp_path / "nowhere")
    assert caught.value.code == "missing"
    make_index("exact", 8).save(tmp_path)
    with pytest.raises(InvalidInputError, match="of the kind exact, not lsh"):
        type(make_index("lsh", 8)).load(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectionError, match="could not be written") as caught:
        make_index("exact", 8).save(tmp_path / "file" / "index")
    assert caught.value.code == "read_only"


def test_a_failed_save_leaves_the_old_index_and_no_litter(index, tmp_path):
    index.save(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(TypeError):
        arrays.write(tmp_path, {"not": {"json"}}, {"a": np.arange(5)})
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    same_answers(index, load_index(tmp_path))


def test_arrays_come_back_mapped_aligned_and_read_only(tmp_path):
    given = {
        "bytes": np.arange(7, dtype=np.uint8),
        "none": np.empty((0, 3), np.float32),
        "big endian": np.arange(5, dtype=">i4"),
        "matrix": np.arange(12, dtype=np.float64).reshape(3, 4).T,
        "blocks": [np.ones((2, 2), np.int16), np.zeros((0, 2), np.int16), np.full((1, 2), 5, np.int16)],
    }
    arrays.write(tmp_path, {"x": "é"}, given)
    about, found = arrays.read(tmp_path)
    arrays.verify(tmp_path)
    assert about == {"x": "é"}
    header = json.loads((tmp_path / arrays.HEADER).read_text())
    assert all(entry["offset"] % 64 == 0 for entry in header["arrays"].values())
    for name, array in found.items():
        wanted = np.concatenate(given[name]) if isinstance(given[name], list) else given[name]
        np.testing.assert_array_equal(array, wanted)
        assert array.size == 0 or isinstance(array, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found["bytes"][0] = 1


def test_arrays_too_large_to_check_on_opening_are_checked_on_demand(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "CHECKED_ON_OPEN", 1000)
    arrays.write(tmp_path, {}, {"large": np.zeros(5000, np.uint8), "small": np.zeros(100, np.uint8)})
    file = next(tmp_path.glob("arrays-*.bin"))
    whole = bytearray(file.read_bytes())
    whole[700] = 1
    file.write_bytes(whole)
    arrays.read(tmp_path)
    with pytest.raises(CollectionError, match="checksum of large"):
        arrays.verify(tmp_path)
    whole[5010 + 64 - 5010 % 64] = 1
    file.write_bytes(whole)
    with pytest.raises(CollectionError, match="checksum of small"):
        arrays.read(tmp_path)


def test_a_damaged_row_of_a_mapped_matrix_is_never_a_hit(tmp_path):
    vectors = random_rows(100, 8)
    vectors[[3, 50], 2] = np.nan, np.inf
    vectors[70] *= 1e20
    (tmp_path / "vectors.f32").write_bytes(vectors.tobytes())
    index = make_index("exact", 8)
    index.fit(np.memmap(tmp_path / "vectors.f32", "<f4", "r").reshape(-1, 8))
    rows, scores = index.search(random_rows(4, 8, seed=2), 100)
    assert not np.isin(rows, [3, 50]).any()
    assert (np.abs(scores[np.isfinite(scores)]) <= 1).all()
    with pytest.raises(InvalidInputError, match=r"row 3 .* NaN"):
        make_index("lsh", 8).fit(np.memmap(tmp_path / "vectors.f32", "<f4", "r").reshape(-1, 8))


@pytest.mark.parametrize(
    ("array", "change"),
    [
        ("bias_rows", lambda bias, places: np.where(places < 0, np.float32(0.5), bias)),
        ("bias_rows", lambda bias, places: np.where(places >= 0, np.float32(np.inf), bias)),
        ("bias_rows", lambda bias, places: np.where(places >= 0, np.float32(np.nan), bias)),
        ("places", lambda places, _: np.where(places >= 0, places + 5000, places)),
        ("places", lambda places, _: places - 1),
        (
            "starts",
            lambda starts, _: starts + np.where(np.arange(len(starts)) == len(starts) - 1, 1 << 60, 0),
        ),
        ("starts", lambda starts, _: np.append(starts[:1], starts[:-1] - (1 << 62))),
        ("row_scales", lambda scales, _: scales * np.float32(np.inf)),
        ("mean_rows", lambda mean, _: mean * np.float32(np.nan)),
    ],
)
def test_layers_whose_checksums_are_right_and_whose_numbers_are_not_are_refused(tmp_path, array, change):
    index = make_index("kmeans", 24, exact_below=1, flat_below=1)
    index.fit(random_rows(500, 24))
    index.save(tmp_path)
    about, held = arrays.read(tmp_path)
    held = {name: np.array(values) for name, values in held.items()}
    held[array] = change(held[array], held["places"]).astype(held[array].dtype)
    arrays.write(tmp_path, about, held)
    with pytest.raises(CollectionError) as caught:
        load_index(tmp_path)
    assert caught.value.code == "damaged"
