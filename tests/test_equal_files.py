"""Equal files that are all new: one is embedded, and the others get its vector."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from bridge_calls import call
from drawn_pictures import draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

COPIES = 5


@pytest.fixture
def photos(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    with pixie.open(tmp_path / "photos", tiny) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures, and one of them in five more places."""
    made = draw(tmp_path / "Pictures", 4)
    for number in range(COPIES):
        (made / f"copy{number}").mkdir()
        shutil.copy(made / "1.png", made / f"copy{number}" / "other.png")
    return made


def copies() -> list[str]:
    return ["Pictures/1.png", *(f"Pictures/copy{number}/other.png" for number in range(COPIES))]


def vector(photos: pixie.Collection, identifier: str) -> np.ndarray:
    return photos.holdings.part_of(identifier, 1.0).vector


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_equal_new_files_are_embedded_once(photos: pixie.Collection, folder: Path, batch_size: int) -> None:
    report = photos.index(folder, batch_size=batch_size)
    assert (report.found, report.added, report.copied, report.failures) == (
        4 + COPIES,
        4 + COPIES,
        COPIES,
        (),
    )
    for identifier in copies():
        np.testing.assert_array_equal(vector(photos, identifier), vector(photos, "Pictures/1.png"))
        item = photos.get(identifier)
        assert item is not None
        assert (item.width, item.format, item.vectors) == (48, "PNG", ("image",))
    assert not np.array_equal(vector(photos, "Pictures/1.png"), vector(photos, "Pictures/2.png"))
    assert photos.index(folder).unchanged == 4 + COPIES
    assert pixie.verify(photos.path).sound


def test_files_that_changed_to_the_same_content_are_embedded_once(
    photos: pixie.Collection, tmp_path: Path
) -> None:
    folder, new = draw(tmp_path / "Pictures", 3), draw(tmp_path / "new", 1, seed=70)
    photos.index(folder)
    for name in ("0.png", "2.png"):
        shutil.copy(new / "0.png", folder / name)
    report = photos.index(folder)
    assert (report.updated, report.copied, report.unchanged) == (2, 1, 1)
    np.testing.assert_array_equal(vector(photos, "Pictures/0.png"), vector(photos, "Pictures/2.png"))


def test_equal_files_that_are_none_fail_each_with_the_reason(photos: pixie.Collection, folder: Path) -> None:
    for number in range(30):
        (folder / f"broken{number}.png").write_bytes(b"no picture at all")
    report = photos.index(folder, batch_size=4)
    assert (report.added, report.copied) == (4 + COPIES, COPIES)
    assert {failure.code for failure in report.failures} == {"not_an_image"}
    assert sorted(failure.id for failure in report.failures) == sorted(
        f"Pictures/broken{number}.png" for number in range(30)
    )


def test_when_the_first_is_removed_meanwhile_another_goes_ahead(
    photos: pixie.Collection, folder: Path
) -> None:
    def remove(_: pixie.Progress) -> None:
        photos.remove(*copies())

    report = photos.index(folder, batch_size=1, progress=remove)
    assert (report.added, report.failures) == (4 + COPIES, ())
    there = {item.id for item in photos.items()}
    again = photos.index(folder)
    assert (again.added, again.unchanged) == (4 + COPIES - len(there), len(there))
    assert {item.id for item in photos.items()} >= set(copies())


def test_a_run_that_ends_early_loses_nothing(photos: pixie.Collection, folder: Path) -> None:
    class EndsEarlyError(Exception):
        pass

    def stop(progress: pixie.Progress) -> None:
        if progress.done:
            raise EndsEarlyError

    with pytest.raises(EndsEarlyError):
        photos.index(folder, batch_size=2, progress=stop)
    assert 0 < len(photos) < 4 + COPIES
    report = photos.index(folder)
    assert report.added + report.unchanged == 4 + COPIES
    for identifier in copies():
        np.testing.assert_array_equal(vector(photos, identifier), vector(photos, "Pictures/1.png"))


def test_over_the_bridge_an_equal_file_is_handed_out_again(
    folder: Path, collection: int, embedder: dict[str, Any]
) -> None:
    handle, side = embedder["embedder"], embedder["image_size"]
    plan = call("index_plan", collection=collection, paths=[str(folder)])["plan"]

    def take() -> list[dict[str, Any]]:
        return call("index_take", plan=plan, max=100)["files"]

    def decode(files: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], np.ndarray]:
        pixels = np.zeros((len(files), side, side, 3), np.uint8)
        named = [{**{key: file[key] for key in ("id", "path", "known_hash")}, "plan": plan} for file in files]
        return call("decode_images", pixels, embedder=handle, files=named)["images"], pixels

    files = take()
    images, pixels = decode(files)
    waiting = [file["id"] for file, image in zip(files, images, strict=True) if image.get("later")]
    assert len(waiting) == COPIES
    assert set(waiting) < set(copies())
    ready = [number for number, image in enumerate(images) if "facts" in image]
    vectors = np.zeros((len(ready), embedder["dimension"]), np.float32)
    call("embed_pixels", np.ascontiguousarray(pixels[ready]), vectors, embedder=handle, count=len(ready))
    items = [
        {"id": files[n]["id"], "path": files[n]["path"], **images[n]["facts"]}
        | {"vectors": [{"modality": "image", "row": row}]}
        for row, n in enumerate(ready)
    ]
    call("collection_commit", vectors, collection=collection, items=items)

    assert take() == []
    assert call("index_again", plan=plan) == {"todo": COPIES}
    again = take()
    assert sorted(file["id"] for file in again) == sorted(waiting)
    images, _ = decode(again)
    items = [
        {"id": file["id"], "path": file["path"], "vectors": [], "stored": image["stored"], **image["facts"]}
        for file, image in zip(again, images, strict=True)
    ]
    counts = call("collection_commit", collection=collection, items=items)
    assert counts == {"added": COPIES, "updated": 0, "moved": 0, "copied": COPIES}
    assert call("index_again", plan=plan) == {"todo": 0}
    call("index_close", plan=plan)
