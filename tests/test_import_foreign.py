"""Importing what other programs wrote: folders of clip-retrieval's and databases of llm's."""

from __future__ import annotations

import json
import sqlite3
import struct
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pixie
from drawn_pictures import draw
from pixie.manifest import Model
from pixie.tables.foreign_vectors import is_same_model
from pixie.tables.options import TableOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "shop", tiny) as opened:
        yield opened


def rows(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 32)).astype(np.float32)


def unit(vector: np.ndarray) -> np.ndarray:
    wide = vector.astype(np.float64)
    return (wide / np.linalg.norm(wide)).astype(np.float32)


def ours(shop: pixie.Collection) -> TableOptions:
    return TableOptions(model_of=shop.model.name)


# clip-retrieval


def clip_folder(tmp_path: Path, parts: int = 12, texts: bool = True) -> Path:
    """As `clip-retrieval inference` writes it: more than ten parts, float16, some pictures gone."""
    folder = tmp_path / "embeddings"
    for name in ("img_emb", "text_emb", "metadata") if texts else ("img_emb", "metadata"):
        (folder / name).mkdir(parents=True)
    picture = next(iter(draw(tmp_path / "pictures", 1).iterdir()))
    for part in range(parts):
        np.save(folder / "img_emb" / f"img_emb_{part}.npy", (rows(2, part) * 3).astype(np.float16))
        if texts:
            np.save(folder / "text_emb" / f"text_emb_{part}.npy", rows(2, 100 + part).astype(np.float16))
        table = {
            "image_path": [str(picture), f"gone/{part}.jpg"],
            "caption": [f"caption {part}", None],
            "url": [f"https://example.org/{part}", None],
            "id": [f"{part:02}-a", f"{part:02}-b"],
        }
        pq.write_table(pa.table(table), folder / "metadata" / f"metadata_{part}.parquet")
    return folder


def test_a_clip_retrieval_folder_brings_its_vectors(shop: pixie.Collection, tmp_path: Path) -> None:
    folder = clip_folder(tmp_path)
    report = shop.import_table(folder, ours(shop))
    assert (report.rows, report.added, report.failures) == (24, 24, ())
    there, gone = shop.get("10-a"), shop.get("10-b")
    assert there is not None
    assert gone is not None
    assert (there.text, set(there.vectors)) == ("caption 10", {"image", "text"})
    assert there.path is not None
    assert there.metadata == {"url": "https://example.org/10"}
    assert (gone.path, gone.text, gone.vectors) == (None, None, ("image",))
    assert gone.metadata == {"url": None, "image_path": "gone/10.jpg"}
    stored = np.load(folder / "img_emb" / "img_emb_10.npy")[1]
    hit = shop.search(pixie.Term.vector(unit(stored).tolist()), k=1, target="image")[0]
    assert (hit.id, hit.score) == ("10-b", pytest.approx(1, abs=1e-6))
    assert shop.import_table(folder, ours(shop)).unchanged == 24


def test_captions_without_vectors_are_metadata(shop: pixie.Collection, tmp_path: Path) -> None:
    report = shop.import_table(clip_folder(tmp_path, parts=1, texts=False), ours(shop))
    assert report.failures == ()
    item = shop.get("00-a")
    assert item is not None
    assert (item.text, item.metadata["caption"]) == (None, "caption 0")


def test_a_folder_that_says_no_model_asks_for_it(shop: pixie.Collection, tmp_path: Path) -> None:
    folder = clip_folder(tmp_path, parts=1)
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(folder)
    assert f"--model-of {shop.model.name}" in (caught.value.fix or "")
    with pytest.raises(pixie.CollectionError) as other:
        shop.import_table(folder, TableOptions(model_of="ViT-L/14"))
    assert other.value.code == "wrong_model"
    assert len(shop) == 0


def test_arrays_that_do_not_match_are_refused(shop: pixie.Collection, tmp_path: Path) -> None:
    folder = clip_folder(tmp_path, parts=2)
    np.save(folder / "img_emb" / "img_emb_1.npy", rows(3))
    with pytest.raises(pixie.InvalidInputError, match=r"\(3, 32\), not numbers \(2, 32\)"):
        shop.import_table(folder, ours(shop))
    np.save(folder / "img_emb" / "img_emb_1.npy", np.ones((2, 512)))
    with pytest.raises(pixie.InvalidInputError, match=r"\(2, 512\), not numbers \(2, 32\)"):
        shop.import_table(folder, ours(shop))
    assert len(shop) == 0


def test_a_vector_without_a_direction_is_a_failure_of_its_row(shop: pixie.Collection, tmp_path: Path) -> None:
    folder = clip_folder(tmp_path, parts=1)
    vectors = rows(2)
    vectors[1] = 0
    np.save(folder / "img_emb" / "img_emb_0.npy", vectors)
    report = shop.import_table(folder, ours(shop))
    assert report.added == 1
    assert [(failure.id, failure.code) for failure in report.failures] == [("00-b", "bad_vector")]


# llm

SCHEMA = """
CREATE TABLE [collections] ([id] INTEGER PRIMARY KEY, [name] TEXT, [model] TEXT);
CREATE UNIQUE INDEX [idx_collections_name] ON [collections] ([name]);
CREATE TABLE "embeddings" (
   [collection_id] INTEGER REFERENCES [collections]([id]), [id] TEXT, [embedding] BLOB, [content] TEXT,
   [content_blob] BLOB, [content_hash] BLOB, [metadata] TEXT, [updated] INTEGER,
   PRIMARY KEY ([collection_id], [id])
);
"""


def llm_database(tmp_path: Path, names: dict[str, str]) -> Path:
    """As `llm embed-multi` writes it."""
    path = tmp_path / "embeddings.db"
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    for number, (name, model) in enumerate(names.items(), 1):
        database.execute("INSERT INTO collections VALUES (?, ?, ?)", (number, name, model))
        entries: list[tuple[str, str | None, bytes | None, str | None]] = [
            ("words", "a dog on a beach", None, json.dumps({"year": 2020, "deep": [1]})),
            ("stored", None, b"bytes of a picture", None),
            ("photos/beach.JPG", None, None, None),
            ("note", None, None, None),
        ]
        for row, (identifier, content, blob, metadata) in enumerate(entries):
            vector = struct.pack("<32f", *(rows(4, number)[row] * 5))
            database.execute(
                "INSERT INTO embeddings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (number, identifier, vector, content, blob, b"md5", metadata, 1_700_000_000),
            )
    database.commit()
    database.close()
    return path


def test_a_collection_of_llms_brings_its_vectors(shop: pixie.Collection, tmp_path: Path) -> None:
    path = llm_database(tmp_path, {"photos": "clip"})
    report = shop.import_table(path, ours(shop))
    assert (report.rows, report.added, report.failures) == (4, 4, ())
    found = {item.id: (item.text, item.vectors, dict(item.metadata)) for item in shop.items()}
    assert found == {
        "words": ("a dog on a beach", ("text",), {"year": 2020, "deep": [1]}),
        "stored": (None, ("image",), {}),
        "photos/beach.JPG": (None, ("image",), {}),
        "note": (None, ("text",), {}),
    }
    hit = shop.search(pixie.Term.vector(unit(rows(4, 1)[0]).tolist()), k=1)[0]
    assert (hit.id, hit.score) == ("words", pytest.approx(1, abs=1e-6))
    assert shop.import_table(path, ours(shop)).unchanged == 4


def test_llms_name_of_the_model_is_checked(shop: pixie.Collection, tmp_path: Path) -> None:
    path = llm_database(tmp_path, {"docs": "ada-002"})
    with pytest.raises(pixie.CollectionError, match="ada-002"):
        shop.import_table(path)
    path.unlink()
    assert shop.import_table(llm_database(tmp_path, {"docs": shop.model.name})).added == 4


def test_one_of_several_collections_is_named(shop: pixie.Collection, tmp_path: Path) -> None:
    path = llm_database(tmp_path, {"docs": "clip", "photos": "clip"})
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(path, ours(shop))
    assert caught.value.fix == "name one with --table: docs, photos"
    with pytest.raises(pixie.InvalidInputError, match="no collection 'nope'"):
        shop.import_table(path, TableOptions(model_of=shop.model.name, table="nope"))
    assert shop.import_table(path, TableOptions(model_of=shop.model.name, table="photos")).added == 4


def test_another_database_asks_for_a_query(shop: pixie.Collection, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "other.db")
    database.execute("CREATE TABLE t (a)")
    database.commit()
    database.close()
    with pytest.raises(pixie.InvalidInputError) as caught:
        shop.import_table(tmp_path / "other.db")
    assert "--sql" in (caught.value.fix or "")


@pytest.mark.parametrize(
    ("name", "model", "same"),
    [
        ("ViT-L/14", "openai/clip-vit-large-patch14", True),
        ("clip", "openai/clip-vit-base-patch32", True),
        ("clip", "openai/clip-vit-large-patch14", False),
        ("ViT-L/14@336px", "openai/clip-vit-large-patch14", False),
        ("/models/mine", "/models/mine", True),
        ("demo", "openai/clip-vit-base-patch32", False),
    ],
)
def test_names_of_the_same_weights_are_known(name: str, model: str, same: bool) -> None:
    assert is_same_model(name, Model(model, "f" * 32, 512)) is same
