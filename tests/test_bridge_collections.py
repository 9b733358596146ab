"""The functions of the bridge for collections and for folders to index."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from bridge_calls import BridgeError, add_texts, call, embed, error_of, floats

if TYPE_CHECKING:
    from pathlib import Path


def test_a_collection_lives_through_its_calls(tmp_path: Path, embedder: dict[str, Any]) -> None:
    path = str(tmp_path / "photos")
    opened = call("collection_open", path=path, create=True, model=None, embedder=embedder["embedder"])
    collection = opened["collection"]
    assert opened["created"] is True
    assert opened["model"] == {
        "name": embedder["name"],
        "fingerprint": embedder["fingerprint"],
        "dimension": 32,
    }
    assert opened["stats"]["items"] == 0
    assert call("collection_bind", collection=collection, embedder=embedder["embedder"]) == {}
    assert add_texts(collection, embedder, a="a dog", b="a cat", c="a tree") == {
        "added": 3,
        "updated": 0,
        "moved": 0,
        "copied": 0,
    }
    assert add_texts(collection, embedder, c="a house")["updated"] == 1
    listed = call("collection_list", collection=collection, prefix=None, offset=1, limit=1)
    assert ([item["id"] for item in listed["items"]], listed["total"]) == (["b"], 3)
    found = call("collection_get", collection=collection, ids=["c", "nobody"])["items"]
    assert (found[0]["text"], found[1]) == ("a house", None)
    answer = call(
        "collection_search",
        embed(embedder, "a cat"),
        collection=collection,
        terms=[{"weight": 1.0, "vector": 0, "modality": "text"}],
        k=2,
        offset=0,
        min_score=None,
        exact=False,
        target=None,
    )
    assert (answer["hits"][0]["id"], answer["hits"][0]["modality"], answer["warnings"]) == ("b", "text", [])
    assert answer["hits"][0]["score"] == pytest.approx(1.0, abs=1e-5)
    by_item = call("collection_search", collection=collection, terms=[{"weight": 1.0, "id": "b"}], k=5)
    assert sorted(hit["id"] for hit in by_item["hits"]) == ["a", "c"]
    assert call("collection_remove", collection=collection, ids=["a", "zz"]) == {
        "removed": 1,
        "unknown": ["zz"],
    }
    assert call("collection_stats", collection=collection)["items"] == 2
    assert call("collection_close", collection=collection) == {}
    assert call("collection_close", collection=collection) == {}
    assert error_of("collection_stats", collection=collection)["type"] == "closed"
    again = call("collection_open", path=path, create=True, read_only=True)
    assert (again["created"], again["stats"]["items"]) == (False, 2)
    call("collection_close", collection=again["collection"])


def test_a_collection_without_a_model_is_not_made(tmp_path: Path) -> None:
    error = error_of(
        "collection_open", path=str(tmp_path / "photos"), create=True, read_only=False, model=None
    )
    assert (error["type"], error["code"]) == ("collection", "missing")


def test_another_model_is_refused(collection: int) -> None:
    demo = call("embedder_open", model="demo", device="cpu", dtype="float32")
    error = error_of("collection_bind", collection=collection, embedder=demo["embedder"])
    assert (error["type"], error["code"]) == ("collection", "wrong_model")


def test_one_writer_at_a_time(tmp_path: Path, collection: int) -> None:
    error = error_of("collection_open", path=str(tmp_path / "photos"), create=False, read_only=False)
    assert (error["type"], error["code"]) == ("collection", "locked")
    reader = call("collection_open", path=str(tmp_path / "photos"), read_only=True)
    call("collection_close", collection=reader["collection"])


def test_a_folder_is_planned_taken_and_committed(
    tmp_path: Path, collection: int, embedder: dict[str, Any]
) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (40, 40), (80 * number, 10, 90)).save(folder / f"{number}.png")
    (folder / "bad.png").write_bytes(b"no picture")
    plan = call("index_plan", collection=collection, paths=[str(folder)], retry_failed=False)
    assert {key: plan[key] for key in ("found", "todo", "unchanged", "failed_before", "problems")} == {
        "found": 4,
        "todo": 4,
        "unchanged": 0,
        "failed_before": 0,
        "problems": [],
    }
    files = (
        call("index_take", plan=plan["plan"], max=3)["files"]
        + call("index_take", plan=plan["plan"], max=3)["files"]
    )
    assert call("index_take", plan=plan["plan"], max=3) == {"files": []}
    call("index_close", plan=plan["plan"])
    call("index_close", plan=plan["plan"])
    assert error_of("index_take", plan=plan["plan"], max=1)["type"] == "closed"
    pixels, out = np.empty((4, 32, 32, 3), np.uint8), floats(4)
    images = call("decode_images", pixels, embedder=embedder["embedder"], files=files)["images"]
    call("embed_pixels", pixels, out, embedder=embedder["embedder"], count=4)
    items, failures, rows = [], [], []
    for number, (file, image) in enumerate(zip(files, images, strict=True)):
        if "error" in image:
            failures.append(
                {
                    "id": file["id"],
                    "path": file["path"],
                    "size": file["size"],
                    "mtime_ns": file["mtime_ns"],
                    **image["error"],
                }
            )
        else:
            items.append(
                {
                    "id": file["id"],
                    "path": file["path"],
                    **image["facts"],
                    "vectors": [{"modality": "image", "row": len(rows)}],
                }
            )
            rows.append(number)
    counts = call(
        "collection_commit",
        np.ascontiguousarray(out[rows]),
        collection=collection,
        items=items,
        failures=failures,
        touched=[],
    )
    assert counts == {"added": 3, "updated": 0, "moved": 0, "copied": 0}
    again = call("index_plan", collection=collection, paths=[str(folder)], retry_failed=False)
    assert (again["todo"], again["unchanged"], again["failed_before"]) == (0, 3, 1)
    failed = call("collection_failures", collection=collection, offset=0, limit=10)
    assert (failed["total"], failed["failures"][0]["id"], failed["failures"][0]["code"]) == (
        1,
        "Pictures/bad.png",
        "not_an_image",
    )


def test_a_commit_tells_an_absent_text_from_none(collection: int, embedder: dict[str, Any]) -> None:
    add_texts(collection, embedder, a="a dog")
    vector = embed(embedder, "stands for a picture")
    item = {"id": "a", "path": "/a.png", "vectors": [{"modality": "image", "row": 0}]}
    call("collection_commit", vector, collection=collection, items=[item])
    assert call("collection_get", collection=collection, ids=["a"])["items"][0]["text"] == "a dog"
    call("collection_commit", vector, collection=collection, items=[item | {"text": None}])
    stored = call("collection_get", collection=collection, ids=["a"])["items"][0]
    assert (stored["text"], stored["vectors"]) == (None, ["image"])


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"terms": []}, "the query is empty"),
        ({"terms": [{"weight": 1.0, "vector": 1}]}, "row 1 of 1 vectors"),
        ({"terms": [{"weight": 1.0, "vector": -1}]}, "row -1 of 1 vectors"),
        ({"terms": [{"weight": 0.0, "vector": 0}]}, "0 or not finite"),
        ({"terms": [{"weight": 1.0, "id": "nobody"}]}, "no item 'nobody'"),
        ({"terms": [{"weight": 1, "vector": 0}, {"weight": -1, "vector": 0}]}, "cancel"),
        ({"terms": [{"weight": 1.0, "vector": 0}], "k": 0}, "k is 0"),
        ({"terms": [{"weight": 1.0, "vector": 0}], "target": "sound"}, "target is 'sound'"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(
    collection: int, embedder: dict[str, Any], search: dict[str, Any], said: str
) -> None:
    error = error_of("collection_search", embed(embedder, "a dog"), collection=collection, **search)
    assert error["type"] == "invalid_input"
    assert said in error["message"]


def test_many_threads_call_at_once(collection: int, embedder: dict[str, Any]) -> None:
    add_texts(collection, embedder, **{f"item-{number}": f"thing {number}" for number in range(16)})
    vectors = embed(embedder, *(f"thing {number}" for number in range(16)))
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                hits = call(
                    "collection_search",
                    vectors[[number]],
                    collection=collection,
                    terms=[{"weight": 1, "vector": 0}],
                    k=1,
                )["hits"]
                assert hits[0]["id"] == f"item-{number}"
                np.testing.assert_allclose(embed(embedder, f"thing {number}"), vectors[[number]], atol=1e-5)
                add_texts(collection, embedder, **{f"new-{number}-{turn}": f"new {number} {turn}"})
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert call("collection_stats", collection=collection)["items"] == 16 + 16 * 5


def test_closing_while_busy_ends_the_others_with_closed(tmp_path: Path, embedder: dict[str, Any]) -> None:
    opened = call("collection_open", path=str(tmp_path / "busy"), create=True, embedder=embedder["embedder"])
    collection = opened["collection"]
    add_texts(collection, embedder, a="a dog")
    vector = embed(embedder, "a dog")
    ends: list[str] = []

    def work() -> None:
        try:
            while True:
                call(
                    "collection_search",
                    vector,
                    collection=collection,
                    terms=[{"weight": 1, "vector": 0}],
                    k=1,
                )
        except BridgeError as failure:
            ends.append(failure.error["type"])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    call("collection_close", collection=collection)
    for thread in threads:
        thread.join()
    assert ends == ["closed"] * 4
    call("collection_close", collection=call("collection_open", path=str(tmp_path / "busy"))["collection"])


def test_listing_and_removing_load_neither_model_nor_numpy(
    tmp_path: Path, collection: int, embedder: dict[str, Any]
) -> None:
    add_texts(collection, embedder, a="a dog", b="a cat")
    call("collection_close", collection=collection)
    script = f"""
import json, sys
from pixie import bridge
def call(name, **argument):
    return json.loads(bridge.call(name, json.dumps(argument)))["ok"]
c = call("collection_open", path={str(tmp_path / "photos")!r}, create=False, read_only=False)["collection"]
call("collection_list", collection=c, prefix=None, offset=0, limit=10)
call("collection_get", collection=c, ids=["a"])
call("collection_failures", collection=c, offset=0, limit=10)
call("collection_stats", collection=c)
assert call("collection_remove", collection=c, ids=["a"])["removed"] == 1
assert not {{"torch", "transformers", "numba", "numpy", "PIL", "tokenizers"}} & set(sys.modules)
call("collection_close", collection=c)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_moved_file_goes_through_the_calls_without_pixels(
    tmp_path: Path, collection: int, embedder: dict[str, Any]
) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    Image.new("RGB", (40, 40), (10, 20, 90)).save(folder / "old.png")
    pixels, out = np.empty((1, 32, 32, 3), np.uint8), floats(1)

    def planned() -> tuple[int, dict[str, Any]]:
        plan = call("index_plan", collection=collection, paths=[str(folder)])
        (file,) = call("index_take", plan=plan["plan"], max=9)["files"]
        file["plan"] = plan["plan"]
        return plan["plan"], file

    _, file = planned()
    (image,) = call("decode_images", pixels, embedder=embedder["embedder"], files=[file])["images"]
    call("embed_pixels", pixels, out, embedder=embedder["embedder"], count=1)
    item = {"id": file["id"], "path": file["path"], **image["facts"]}
    item["vectors"] = [{"modality": "image", "row": 0}]
    call("collection_commit", out, collection=collection, items=[item])

    (folder / "old.png").rename(folder / "new.png")
    plan, file = planned()
    (image,) = call("decode_images", pixels, embedder=embedder["embedder"], files=[file])["images"]
    assert image["stored"] == [{"modality": "image", "row": 0}]
    item = {"id": file["id"], "path": file["path"], **image["facts"], "stored": image["stored"]}
    counts = call("collection_commit", floats(0), collection=collection, items=[item])
    assert counts == {"added": 0, "updated": 0, "moved": 1, "copied": 0}
    assert call("index_settle", plan=plan) == {"removed": 0, "missing": 0}
    listed = call("collection_list", collection=collection)["items"]
    assert [found["id"] for found in listed] == ["Pictures/new.png"]


def test_items_go_missing_and_are_pruned_through_the_calls(
    tmp_path: Path, collection: int, embedder: dict[str, Any]
) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    (folder / "bad.png").write_bytes(b"no picture")
    plan = call("index_plan", collection=collection, paths=[str(folder)], include=["*.jpg"], exclude=[])
    assert plan["found"] == 0
    item = {"id": "Pictures/gone.png", "path": str(folder / "gone.png"), "text": "gone"}
    item["vectors"] = [{"modality": "image", "row": 0}, {"modality": "text", "row": 1}]
    rows = floats(2)
    call("embed_texts", rows, embedder=embedder["embedder"], texts=["gone", "gone"])
    call("collection_commit", rows, collection=collection, items=[item])
    plan = call("index_plan", collection=collection, paths=[str(folder)])
    assert call("index_settle", plan=plan["plan"]) == {"removed": 0, "missing": 1}
    expected = {"ids": ["Pictures/gone.png"], "returned": 0, "dry_run": True}
    assert call("collection_prune", collection=collection, dry_run=True) == expected
    assert call("collection_prune", collection=collection, older_than=60)["ids"] == []
    assert call("collection_prune", collection=collection)["ids"] == ["Pictures/gone.png"]


def test_folders_are_watched_through_the_calls(tmp_path: Path, collection: int) -> None:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    opened = call("watch_open", collection=collection, paths=[str(folder)], rescan_seconds=3600)
    assert opened["paths"] == [str(folder)]
    assert call("watch_wait", watch=opened["watch"], seconds=0.1) == {"paths": [], "only": []}
    (folder / "new.png").write_bytes(b"no picture")
    told = call("watch_wait", watch=opened["watch"], seconds=60)
    assert told == {"paths": [str(folder)], "only": [str(folder)]}
    (folder / "below").mkdir()
    (folder / "below" / "more.png").write_bytes(b"no picture")
    plan = call("index_plan", collection=collection, **told)
    assert plan["found"] == 1
    call("index_close", plan=plan["plan"])
    call("watch_close", watch=opened["watch"])
    call("watch_close", watch=opened["watch"])
    assert error_of("watch_wait", watch=opened["watch"], seconds=1)["type"] == "closed"
