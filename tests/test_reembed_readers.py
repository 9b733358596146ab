"""Who has a collection open while its vectors are made anew, and what is left when that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pixie
from bridge_calls import call, error_of
from collection_fixtures import HEED_SIGINT
from conftest import ROOT
from drawn_pictures import draw
from pixie.embedder import Embedder
from pixie.reembedding.renewal import Renewal

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 60

RUN = f"""{HEED_SIGINT}
import sys
import pixie

pixie.reembed(sys.argv[1], sys.argv[2], batch_size=4, progress=lambda now: print(now.done, flush=True))
"""


@pytest.fixture
def photos(tmp_path: Path, tiny: Path) -> Path:
    """A collection of 60 pictures, and of a text."""
    draw(tmp_path / "Pictures", COUNT)
    with pixie.open(tmp_path / "photos", tiny) as opened:
        opened.index(tmp_path / "Pictures")
        opened.add(id="words", text="only words")
    return tmp_path / "photos"


def start(photos: Path, model: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(photos), str(model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
    )


def stopped(photos: Path, model: Path, how: signal.Signals, commits: int) -> int:
    """How many items a run had committed at least when it was sent a signal, after some commits."""
    with start(photos, model) as run:
        assert run.stdout is not None
        done = 0
        for line in run.stdout:
            done = int(line)
            commits -= done > 0
            if commits == 0:
                run.send_signal(how)
                break
        run.stdout.read()
    assert run.returncode != 0
    return done


def picture_of(photos: Path, number: int) -> pixie.Term:
    return pixie.Term.image(photos.parent / "Pictures" / f"{number}.png")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_goes_on_from_there(photos: Path, other: Path, how: signal.Signals) -> None:
    before = 0
    with pixie.open(photos, read_only=True) as reader:
        for commits in (2, 3, 2):
            at_least = stopped(photos, other, how, commits)
            assert at_least > 0
            with pixie.open(photos, read_only=True) as another:
                assert another.search(picture_of(photos, 5))[0].id == "Pictures/5.png"
            assert reader.search(picture_of(photos, 7))[0].score == pytest.approx(1, abs=1e-5)
            assert reader.model.dimension == 32
            before += at_least
        assert pixie.verify(photos).sound
        report = pixie.reembed(photos, other)
        assert report.swapped
        # What was committed is not done again; the commit in hand may have come through untold.
        assert before <= report.done_before < before + 3 * 5
        assert report.embedded == COUNT + 1 - report.done_before
        assert reader.search(picture_of(photos, 7))[0].score == pytest.approx(1, abs=1e-5)
        assert reader.model.dimension == 24
    assert pixie.verify(photos, full=True).sound


def test_a_writer_is_refused_while_it_runs_and_the_run_while_one_writes(photos: Path, other: Path) -> None:
    with start(photos, other) as run:
        assert run.stdout is not None
        run.stdout.readline()
        with pytest.raises(pixie.CollectionError, match=str(run.pid)) as caught:
            pixie.open(photos)
        assert caught.value.code == "locked"
        run.kill()
    with pixie.open(photos), start(photos, other) as run:
        _, said = run.communicate()
        assert "CollectionError" in said
        assert run.returncode == 1


def test_readers_in_threads_are_answered_before_during_and_after(photos: Path, other: Path) -> None:
    """Each answer is right by one of the two models: nothing is found by the vectors of the other."""
    with pixie.open(photos, read_only=True) as reader:
        ended = threading.Event()
        models: set[int] = set()
        wrong: list[object] = []

        def search(number: int) -> None:
            while not ended.is_set() or 24 not in models:
                try:
                    hit = reader.search(picture_of(photos, number), k=1)[0]
                    by_id = reader.search(pixie.Term.item("words"), k=3)
                except Exception as error:  # noqa: BLE001 (to be seen by the test)
                    wrong.append(error)
                    return
                if hit.id != f"Pictures/{number}.png" or hit.score < 1 - 1e-4 or len(by_id) != 3:
                    wrong.append(hit)
                models.add(reader.model.dimension)

        threads = [threading.Thread(target=search, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        try:
            assert pixie.reembed(photos, other).swapped
        finally:
            ended.set()
            for thread in threads:
                thread.join(60)
        assert not wrong
        assert models == {32, 24}


def test_vectors_given_by_a_caller_are_refused_once_the_model_is_another(
    photos: Path, other: Path, tiny: Path
) -> None:
    vector = Embedder.load(str(tiny)).embed_texts(["only words"])[0]
    with pixie.open(photos, read_only=True) as reader:
        assert reader.search(pixie.Term.vector(vector))[0].id == "words"
        assert pixie.reembed(photos, other).swapped
        with pytest.raises(pixie.InvalidInputError, match="24"):
            reader.search(pixie.Term.vector(vector))
        assert reader.search("only words")[0].id == "words"


def test_several_collections_are_searched_by_the_model_they_have_now(
    photos: Path, other: Path, tiny: Path, tmp_path: Path
) -> None:
    with pixie.open(tmp_path / "more", tiny) as more:
        more.add(id="words", text="more words")
    with pixie.open(photos, read_only=True) as first, pixie.open(tmp_path / "more", read_only=True) as more:
        assert len(pixie.search_collections([first, more], "words", k=3).hits) == 3
        pixie.reembed(photos, other)
        with pytest.raises(pixie.CollectionError) as caught:
            pixie.search_collections([first, more], "words", k=3)
        assert caught.value.code == "wrong_model"
        pixie.reembed(tmp_path / "more", other)
        hits = pixie.search_collections([first, more], "more words", k=3).hits
        assert (hits[0].collection, hits[0].hit.score) == ("more", pytest.approx(1, abs=1e-5))


def test_the_bridge_refuses_vectors_of_the_model_before(
    photos: Path, other: Path, embedder: dict[str, object]
) -> None:
    opened = call("collection_open", path=str(photos), read_only=True)
    known = {"collection": opened["collection"], "fingerprint": opened["model"]["fingerprint"]}
    terms = [{"weight": 1.0, "vector": 0, "modality": "text"}]
    vectors = Embedder.load(str(embedder["name"])).embed_texts(["only words"])
    assert call("collection_search", vectors, **known, terms=terms)["hits"][0]["id"] == "words"
    pixie.reembed(photos, other)
    assert error_of("collection_search", vectors, **known, terms=terms)["code"] == "replaced"
    assert error_of("collection_search", vectors[:0], **known, terms=[{"id": "words"}])["code"] == "replaced"
    now = call("collection_model", collection=opened["collection"])["model"]
    vectors = Embedder.load(str(other)).embed_texts(["only words"])
    known["fingerprint"] = now["fingerprint"]
    assert call("collection_search", vectors, **known, terms=terms)["hits"][0]["id"] == "words"
    call("collection_close", collection=opened["collection"])


def test_the_bridge_hands_out_items_in_two_turns(photos: Path, other: Path) -> None:
    embedder = call("embedder_open", model=str(other), device="cpu")
    begun = call("reembed_begin", path=str(photos), embedder=embedder["embedder"])
    assert (begun["total"], begun["before"]["dimension"], begun["model"]["dimension"]) == (61, 32, 24)
    taken = call("import_take", **{"import": begun["import"], "max": 100})
    assert taken["ended"]
    assert {row["picture"] for row in taken["rows"]} == {True, False}
    words = next(row for row in taken["rows"] if row["id"] == "words")
    vectors = np.zeros((1, 24), np.float32)
    vectors[0, 3] = 1
    item = {"id": "words", "text": words["text"], "vectors": [{"modality": "text", "row": 0}]}
    assert call("reembed_commit", vectors, reembed=begun["reembed"], items=[item])["updated"] == 1
    assert call("reembed_turn", reembed=begun["reembed"]) == {"again": True, "copied": 0}
    assert call("import_take", **{"import": begun["import"], "max": 100})["rows"] == []
    assert call("reembed_turn", reembed=begun["reembed"]) == {"again": False, "copied": 0}
    finished = call("reembed_finish", reembed=begun["reembed"], failures=[])
    assert finished == {"swapped": False, "left_out": None}
    assert error_of("reembed_begin", path=str(photos), embedder=embedder["embedder"])["code"] == "locked"
    for _ in range(2):
        call("reembed_close", **{"reembed": begun["reembed"], "import": begun["import"]})
    assert error_of("reembed_turn", reembed=begun["reembed"])["type"] == "closed"


def test_nothing_is_left_open_when_it_can_not_begin(photos: Path, other: Path) -> None:
    (photos / "items.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 99)
    with pytest.raises(pixie.CollectionError) as caught:
        Renewal(photos, pixie.Model("x", "0" * 32, 24))
    assert caught.value.code == "damaged"
    with pytest.raises(pixie.CollectionError) as caught:
        pixie.reembed(photos, other)
    assert caught.value.code == "damaged"
