"""What the tests of the Python half share: the package on the path, a home of their own, checkpoints."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
for source in (ROOT / "python", ROOT / "tools", ROOT / "tests"):
    if str(source) not in sys.path:
        sys.path.insert(0, str(source))

# What follows in subprocesses of the tests must find the package too.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "python"), os.environ.get("PYTHONPATH")]))

import pixie  # noqa: E402
import random_checkpoint  # noqa: E402
from bridge_calls import call  # noqa: E402
from collection_fixtures import make  # noqa: E402
from drawn_pictures import draw  # noqa: E402
from folder_fixtures import fill  # noqa: E402
from pixie.holdings import Holdings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "large: builds or runs a checkpoint of ViT-L/14 size")
    # pytest undoes the filters that pixie.images and pixie.torch_tower set for their users.
    for harmless in ("ignore::UserWarning:PIL", "ignore:Image size:Warning", "ignore:The given NumPy array"):
        config.addinivalue_line("filterwarnings", harmless)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pixie's home and the Hugging Face cache, empty, for this test alone."""
    home = tmp_path / "home"
    monkeypatch.setenv("PIXIE_HOME", str(home))
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.delenv("PIXIE_MAX_PIXELS", raising=False)
    return home


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP checkpoint with random weights, 32 pixels and 32 dimensions."""
    return random_checkpoint.write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny", "tiny")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint like the tiny one with other weights and 24 dimensions."""
    size = random_checkpoint.Size(64, 2, 4, 48, 2, 3, 48, 8, 24, 1_352)
    return random_checkpoint.write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "other", size, seed=7)


@pytest.fixture(scope="session")
def vit_l_14() -> Path:
    """A CLIP checkpoint of ViT-L/14 size with random weights, kept between runs: 1.7 GB."""
    kept = os.environ.get("PIXIE_TEST_CHECKPOINTS") or Path(tempfile.gettempdir()) / "pixie-checkpoints"
    return random_checkpoint.write_checkpoint(Path(kept) / "vit-l-14", "vit-l-14")


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint to damage."""
    return Path(shutil.copytree(tiny, tmp_path / "copy"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an empty collection."""
    return make(tmp_path / "photos")


@pytest.fixture
def holdings(folder: Path) -> Iterator[Holdings]:
    """That collection, open for writing."""
    opened = Holdings(folder)
    yield opened
    opened.close()


@pytest.fixture
def photos(tmp_path: Path, tiny: Path) -> Iterator[pixie.Collection]:
    """An empty collection of the tiny checkpoint."""
    with pixie.open(tmp_path / "photos", tiny) as opened:
        yield opened


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """A folder of six pictures, ``0.png`` to ``5.png``."""
    return draw(tmp_path / "Pictures", 6)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with four files that are named like pictures, and hold none."""
    return fill(tmp_path / "Pictures", "a.jpg", "b.PNG", "2020/beach.webp", "2020/deep/er/c.gif", "notes.txt")


@pytest.fixture
def embedder(tiny: Path) -> dict[str, Any]:
    """The tiny checkpoint as the bridge answers for it; files that need no bridge have one of their own."""
    return call("embedder_open", model=str(tiny), device="cpu", dtype="float32")


@pytest.fixture
def collection(tmp_path: Path, embedder: dict[str, Any]) -> Iterator[int]:
    """The bridge's handle of an empty collection of that checkpoint."""
    opened = call(
        "collection_open", path=str(tmp_path / "photos"), create=True, embedder=embedder["embedder"]
    )
    yield opened["collection"]
    call("collection_close", collection=opened["collection"])
