"""The public face of the Python package."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pixie


def test_every_public_name_is_there_and_documented() -> None:
    assert len(pixie.__all__) == len(set(pixie.__all__))
    for name in pixie.__all__:
        value = getattr(pixie, name)
        assert name == "__version__" or (value.__doc__ and not value.__doc__.startswith(f"{name}(")), name
    assert set(pixie.__all__) <= set(dir(pixie))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = pixie.nonsense


def test_the_version_is_that_of_the_project() -> None:
    project = (Path(pixie.__file__).parents[1] / "pyproject.toml").read_text()
    assert re.search(r'^version = "(.+)"$', project, re.MULTILINE)[1] == pixie.__version__


def test_importing_pixie_costs_next_to_nothing() -> None:
    script = "import sys, pixie; assert not {'numpy', 'torch', 'PIL', 'sqlite3'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_results_can_be_pickled_and_compared() -> None:
    hit = pixie.Hit("a", 0.5, None, "text", {"year": 2020}, "text")
    result = pixie.SearchResult((hit,), (pixie.Warning("text_truncated", "cut"),))
    assert pickle.loads(pickle.dumps(result)) == result
    assert (len(result), result[0], list(result), result[:1], hit in result) == (1, hit, [hit], (hit,), True)


def test_results_cant_be_changed() -> None:
    item = pixie.Item("a", text="words", metadata={"k": 1})
    with pytest.raises(AttributeError):
        item.text = "others"


def test_an_item_has_its_own_copy_of_the_metadata() -> None:
    metadata = {"k": 1}
    item = pixie.Item("a", text="words", metadata=metadata)
    metadata["k"] = 2
    assert item.metadata == {"k": 1}
