"""What the tests of the Python half share: the package on the path, a home of their own, checkpoints."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT / "python", ROOT / "tools", ROOT / "tests"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# What follows in subprocesses of the tests must find the package too.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "python"), os.environ.get("PYTHONPATH")]))

import random_checkpoint  # noqa: E402


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
def vit_l_14() -> Path:
    """A CLIP checkpoint of ViT-L/14 size with random weights, kept between runs: 1.7 GB."""
    kept = os.environ.get("PIXIE_TEST_CHECKPOINTS") or Path(tempfile.gettempdir()) / "pixie-checkpoints"
    return random_checkpoint.write_checkpoint(Path(kept) / "vit-l-14", "vit-l-14")


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint to damage."""
    return Path(shutil.copytree(tiny, tmp_path / "copy"))
