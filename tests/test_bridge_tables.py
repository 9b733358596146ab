"""Importing and exporting over the bridge, as Java does it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bridge_calls import call, error_of, floats
from drawn_pictures import draw

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def embedder(tiny: Path) -> int:
    return call("embedder_open", model=str(tiny), device="cpu", dtype="float32")["embedder"]


def run(job: int) -> dict[str, object]:
    while True:
        answer = call("job_step", job=job)
        if answer["report"] is not None:
            return answer["report"]


def test_a_row_is_taken_decoded_and_committed(tmp_path: Path, embedder: int) -> None:
    picture = next(iter(draw(tmp_path / "pictures", 1).iterdir()))
    rows = [
        {"id": "a", "image": f"pictures/{picture.name}", "text": "a box", "n": {"of": [1]}},
        {"id": "b", "image": "gone.png"},
        {"id": "c", "text": " "},
    ]
    table = tmp_path / "rows.json"
    table.write_text(json.dumps(rows))
    handle = call("collection_open", path=str(tmp_path / "shop"), create=True, embedder=embedder)[
        "collection"
    ]
    plan = call("import_plan", collection=handle, file=str(table))
    assert plan["total"] == 3
    assert plan["columns"] == {"id": "id", "image": "image", "text": "text", "metadata": ["n"]}

    taken = call("import_take", **{"import": plan["import"]}, max=64)
    assert [row["id"] for row in taken["rows"]] == ["a", "b"]
    seen = taken["rows"][0].pop("seen")
    assert (seen["source"], seen["size"]) == (str(table), picture.stat().st_size)
    assert taken["rows"][0] == {
        "row": 1,
        "id": "a",
        "path": str(picture),
        "picture": True,
        "text": "a box",
        "metadata": {"n": {"of": [1]}},
    }
    assert [(failure["id"], failure["code"]) for failure in taken["failures"]] == [("c", "empty")]
    assert taken["ended"]

    pixels = np.zeros((2, 32, 32, 3), np.uint8)
    files = [{"import": plan["import"], "row": row["row"]} for row in taken["rows"]]
    good, bad = call("decode_images", pixels, embedder=embedder, files=files)["images"]
    assert bad["error"]["code"] == "missing"
    assert bad["error"]["message"].startswith("row 2: ")
    vectors = floats(2)
    call("embed_pixels", pixels[:1], vectors[:1], embedder=embedder, count=1)
    call("embed_texts", vectors[1:], embedder=embedder, texts=["a box"])
    owned = [{"modality": "image", "row": 0}, {"modality": "text", "row": 1}]
    item = {**taken["rows"][0], **good["facts"], "vectors": owned}
    failed = {"id": "b", "path": taken["rows"][1]["path"], **bad["error"], **taken["rows"][1]["seen"]}
    call("collection_commit", vectors, collection=handle, items=[item], failures=[failed])
    assert [each["id"] for each in call("collection_failures", collection=handle)["failures"]] == ["b", "c"]
    call("import_close", **{"import": plan["import"]})
    call("import_close", **{"import": plan["import"]})
    assert error_of("import_take", **{"import": plan["import"]}, max=1)["type"] == "closed"

    again = call("import_plan", collection=handle, file=str(table))
    taken = call("import_take", **{"import": again["import"]}, max=64)
    assert (taken["unchanged"], [row["id"] for row in taken["rows"]]) == (1, ["b"])
    assert (taken["failed_before"], taken["repeated"], taken["warnings"]) == (0, 0, [])
    call("import_close", **{"import": again["import"]})

    job = call("collection_export", collection=handle, path=str(tmp_path / "out.csv"), where="n is not null")
    report = run(job["job"])
    assert {key: report[key] for key in ("format", "items", "vectors")} == {
        "format": "csv",
        "items": 1,
        "vectors": {"image": 0, "text": 0},
    }
    call("job_close", job=job["job"])
    call("collection_close", collection=handle)
