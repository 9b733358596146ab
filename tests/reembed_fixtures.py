"""A collection to be embedded anew, and what is to be known of it before and after."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

import pixie
from drawn_pictures import draw, picture
from pixie.embedder import Embedder
from pixie.holdings import Holdings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from pixie.items import Item

COLUMNS = (
    *("number", "id", "path", "text", "metadata", "width", "height", "size", "mtime_ns", "sha256", "added"),
    *("format", "orientation", "taken", "camera", "lens", "latitude", "longitude", "missing"),
)


def make_photos(tmp_path: Path, tiny: Path) -> Path:
    """A collection of 5 pictures and a copy of one, of a text, and of a picture with a text."""
    pictures = draw(tmp_path / "Pictures", 5)
    shutil.copy(pictures / "0.png", pictures / "copy.png")
    folder = tmp_path / "photos"
    with pixie.open(folder, tiny) as opened:
        opened.index(pictures)
        opened.add(id="words", text="only words", metadata={"year": 2020, "deep": {"of": [1, 1.0, None]}})
        picture(77).save(tmp_path / "both.png")
        opened.add(id="both", path=tmp_path / "both.png", text="a picture with words")
        opened.set_metadata("Pictures/1.png", values={"tag": "red"})
    return folder


class Counting:
    """Counts what goes through the model."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pictures = 0
        self.texts = 0
        pixels, texts = Embedder.embed_pixels, Embedder.embed_texts_with_warnings

        def embed_pixels(embedder: Embedder, some: Any, frames: Any) -> Any:
            self.pictures += len(frames)
            return pixels(embedder, some, frames)

        def embed_texts(embedder: Embedder, some: Any) -> Any:
            self.texts += len(some)
            return texts(embedder, some)

        monkeypatch.setattr(Embedder, "embed_pixels", embed_pixels)
        monkeypatch.setattr(Embedder, "embed_texts_with_warnings", embed_texts)

    def taken(self) -> tuple[int, int]:
        """How many since the last time."""
        found = self.pictures, self.texts
        self.pictures = self.texts = 0
        return found


def records(folder: Path) -> list[tuple[Any, ...]]:
    """All that is known of the items, in the order of their numbers."""
    with closing(Holdings(folder, read_only=True)) as holdings, holdings.store.reading() as connection:
        return connection.execute(f"SELECT {', '.join(COLUMNS)} FROM items ORDER BY number").fetchall()


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(Holdings(folder, read_only=True)) as holdings, holdings.store.reading() as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
            for name in ("roots", "failures", "failed_rows")
        }


def assert_vectors_are_of(folder: Path, model: Path) -> None:
    """Each vector is what the model makes of its item's picture or text now."""
    embedder = Embedder.load(str(model))
    with pixie.open(folder, read_only=True) as opened:
        store = opened.holdings.store
        for item in opened.items(missing="include"):
            with store.reading() as connection:
                rows = pixie.holdings.catalog.rows_of(connection, item.id)
            assert rows is not None
            for modality, (row,) in rows[1].items():
                made = store.vectors.rows(row + 1)[row]
                given: Any = item.path if modality == "image" else item.text
                embed = embedder.embed_images if modality == "image" else embedder.embed_texts
                np.testing.assert_allclose(made, embed([given])[0], atol=1e-5)


def sound(folder: Path) -> bool:
    return pixie.verify(folder, full=True).sound


def by_id(folder: Path, identifier: str) -> Item:
    with pixie.open(folder, read_only=True) as opened:
        found = opened.get(identifier)
    assert found is not None
    return found
