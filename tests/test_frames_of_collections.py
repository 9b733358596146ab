"""How many frames make the vector of an animation: kept by a collection for all that is done with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pixie
from animations import animation, scenes
from bridge_calls import call
from pixie import Item, Term
from pixie.embedder import Embedder
from pixie.errors import CollectionError, InvalidInputError
from sample_pictures import drawing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with a GIF of six frames and a picture of one."""
    folder = tmp_path / "Clips"
    folder.mkdir()
    (folder / "a.gif").write_bytes(animation(scenes(6)))
    drawing().save(folder / "still.png")
    return folder


def vector(photos: pixie.Collection, identifier: str) -> np.ndarray:
    return photos.holdings.part_of(identifier, 1.0).vector


def test_a_collection_keeps_its_number_of_frames(tmp_path: Path, tiny: Path, clips: Path) -> None:
    embedder = Embedder.load(tiny)
    one, three = (embedder.embed_images([clips / "a.gif"], frames)[0] for frames in (1, 3))
    still = embedder.embed_images([clips / "still.png"])[0]
    assert not np.allclose(one, three, atol=1e-3)
    with pixie.open(tmp_path / "photos", tiny, frames=3) as photos:
        report = photos.index(clips)
        assert (report.added, photos.frames) == (2, 3)
        np.testing.assert_allclose(vector(photos, "Clips/a.gif"), three, atol=1e-5)
        np.testing.assert_allclose(vector(photos, "Clips/still.png"), still, atol=1e-5)
    assert json.loads((tmp_path / "photos" / "collection.json").read_text())["settings"]["frames"] == 3

    # Later runs, items that are added, rows of tables, and queries do as the first run did.
    with pixie.open(tmp_path / "photos") as photos:
        assert photos.index(clips).unchanged == 2
        photos.add(Item("added", path=clips / "a.gif"))
        photos.add(Item("bytes", image=(clips / "a.gif").read_bytes()))
        (tmp_path / "t.csv").write_text(f"id,path\nrow,{clips / 'a.gif'}\n")
        photos.import_table(tmp_path / "t.csv")
        for identifier in ("added", "bytes", "row"):
            np.testing.assert_allclose(vector(photos, identifier), three, atol=1e-5)
        hits = photos.search(Term.image(clips / "a.gif"), k=4)
        assert [hit.score for hit in hits] == pytest.approx([1.0] * 4, abs=1e-5)
        (clips / "a.gif").write_bytes(animation(scenes(7)))
        assert photos.index(clips).updated == 1
        np.testing.assert_allclose(
            vector(photos, "Clips/a.gif"), embedder.embed_images([clips / "a.gif"], 3)[0], atol=1e-5
        )


def test_another_model_sees_as_many(tmp_path: Path, tiny: Path, other: Path, clips: Path) -> None:
    three = Embedder.load(other).embed_images([clips / "a.gif"], 3)[0]
    with pixie.open(tmp_path / "photos", tiny, frames=3) as photos:
        photos.index(clips)
    assert pixie.reembed(tmp_path / "photos", other).swapped
    with pixie.open(tmp_path / "photos") as photos:
        assert photos.frames == 3
        np.testing.assert_allclose(vector(photos, "Clips/a.gif"), three, atol=1e-5)


def test_the_number_can_be_set_until_there_is_a_picture(tmp_path: Path, tiny: Path, clips: Path) -> None:
    with pixie.open(tmp_path / "photos", tiny) as photos:
        photos.add(Item("text", text="no picture"))
        assert photos.frames == 1
    with pixie.open(tmp_path / "photos", frames=4) as photos:
        assert photos.frames == 4
        photos.index(clips)
    with pixie.open(tmp_path / "photos", frames=4) as photos:
        assert photos.index(clips).unchanged == 2
    with pytest.raises(
        InvalidInputError, match="embedded with 4 of the frames of an animation, and 1 were"
    ) as caught:
        pixie.open(tmp_path / "photos", frames=1)
    assert "new collection" in str(caught.value.fix)
    # The attempt has let go of the collection.
    with pixie.open(tmp_path / "photos") as photos:
        assert photos.frames == 4


def test_a_reader_may_only_ask_for_the_number_there_is(tmp_path: Path, tiny: Path) -> None:
    pixie.open(tmp_path / "photos", tiny, frames=4).close()
    with pixie.open(tmp_path / "photos", read_only=True, frames=4) as photos:
        assert photos.frames == 4
    with pytest.raises(CollectionError) as caught:
        pixie.open(tmp_path / "photos", read_only=True, frames=5)
    assert caught.value.code == "read_only"


def test_no_collection_is_made_for_a_number_that_is_none(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(InvalidInputError, match="33 frames of an animation"):
        pixie.open(tmp_path / "photos", tiny, frames=33)
    assert not (tmp_path / "photos").exists()


def test_the_bridge_has_a_row_of_pixels_for_each_frame(
    tmp_path: Path, tiny: Path, clips: Path, embedder: dict[str, Any]
) -> None:
    handle = embedder["embedder"]
    side = embedder["image_size"]
    opened = call("collection_open", path=str(tmp_path / "p"), create=True, embedder=handle, frames=4)
    assert opened["frames"] == 4
    files = [{"path": str(clips / name)} for name in ("still.png", "a.gif", "none.png", "still.png")]
    pixels = np.zeros((16, side, side, 3), np.uint8)
    images_ = call("decode_images", pixels, embedder=handle, files=files, frames=4)["images"]
    assert [image.get("frames") for image in images_] == [1, 4, None, 1]
    assert [bool(row.any()) for row in pixels] == [1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0]
    out = np.full((3, embedder["dimension"]), np.nan, np.float32)
    rows = np.ascontiguousarray(pixels[[0, 4, 5, 6, 7, 12]])
    call("embed_pixels", rows, out, embedder=handle, count=3, frames=[1, 4, 1])
    wanted = Embedder.load(tiny).embed_images([clips / "still.png", clips / "a.gif", clips / "still.png"], 4)
    np.testing.assert_allclose(out, wanted, atol=1e-5)
    call("collection_close", collection=opened["collection"])
