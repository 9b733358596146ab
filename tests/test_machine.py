"""What `pixie doctor` learns from the Python half."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from pixie import machine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_names_the_instructions_that_decide_the_dtype(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nflags\t\t: fpu sse2 avx2 amx_bf16 avx512_bf16_not\n", encoding="utf-8")
    assert machine.cpu_features(cpuinfo) == ["avx2", "amx_bf16"]
    assert machine.cpu_features(tmp_path / "missing") == []


def test_tells_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path))
    assert machine.measured_dtypes() == []
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "dtype.json").write_text('{"a CPU": {"dtype": "bfloat16"}}', encoding="utf-8")
    assert machine.measured_dtypes() == [{"measured_on": "a CPU", "dtype": "bfloat16"}]
    (tmp_path / "cache" / "dtype.json").write_text("half a file", encoding="utf-8")
    assert machine.measured_dtypes() == []


def test_answers_in_one_line_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXIE_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    command = [sys.executable, "-m", "pixie.machine", "openai/clip-vit-large-patch14"]
    said = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    assert said.count("\n") == 1
    report = json.loads(said)
    assert report["model"] == {
        "name": "openai/clip-vit-large-patch14",
        "folder": None,
        "cache": str(tmp_path / "hub"),
    }
    assert report["cpu"]["cores"] >= 1
    assert report["dtypes"] == []
