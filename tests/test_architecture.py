"""What may import what, read from the sources, and what a cold command really loads."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "python" / "pixie"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {
    "torch",
    "transformers",
    "numba",
    "huggingface_hub",
    "PIL",
    "tokenizers",
    "faiss",
    "matplotlib",
    "lark",
    "pyarrow",
}

MODULE = pytest.mark.parametrize("file", MODULES, ids=[str(file.relative_to(PACKAGE)) for file in MODULES])


def imports(file: Path, *, at_top: bool = False) -> set[str]:
    """Full names of the modules that a file imports: all of them, or those that run when it is imported."""
    return {name for node, name in _imports(ast.parse(file.read_text(encoding="utf-8")), at_top)}


def _imports(tree: ast.AST, at_top: bool) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            # `from pixie import hub` imports pixie.hub.
            yield from (
                (node, f"{module}.{alias.name}" if module == "pixie" else module) for alias in node.names
            )
        elif at_top and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from (found for child in node.orelse for found in _imports(child, at_top))
        else:
            yield from _imports(node, at_top)


def packages(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@MODULE
def test_no_module_knows_of_the_jvm(file: Path) -> None:
    assert not packages(imports(file)) & {"jep", "java"}


@MODULE
def test_heavy_libraries_are_imported_where_they_are_used(file: Path) -> None:
    """A torch tower is the one thing that needs torch; kernels need numba; only decoding needs Pillow."""
    allowed = {
        "torch_tower.py": {"torch"},
        "images.py": {"PIL"},
        "rgb.py": {"PIL"},
        "picture_limits.py": {"PIL"},
        "raw_pictures.py": {"PIL"},
        "reading.py": {"lark"},
        "parquet_table.py": {"pyarrow"},
    }
    found = packages(imports(file, at_top=True)) & HEAVY - allowed.get(file.name, set())
    if file.parent.name == "index":
        found -= {"numba"}
    assert not found


@MODULE
def test_torch_is_spoken_to_by_two_modules(file: Path) -> None:
    """One embeds by it, the other keeps the rows of an index on a GPU."""
    if file.name not in {"torch_tower.py", "device_scan.py"}:
        assert "torch" not in packages(imports(file)) - ({"torch"} if reports_versions(file) else set())


def reports_versions(file: Path) -> bool:
    """Whether the file only asks which versions are installed, as `doctor` does."""
    return file.name in {"machine.py", "probe.py"}


@MODULE
def test_transformers_is_needed_by_the_tests_alone(file: Path) -> None:
    if not reports_versions(file):
        assert "transformers" not in packages(imports(file))


@MODULE
def test_faiss_is_spoken_to_by_one_module(file: Path) -> None:
    if file.name != "faiss_library.py" and not reports_versions(file):
        assert "faiss" not in packages(imports(file))


KNOWN_TO_INDEX = {"numpy", "numba", "llvmlite", "faiss", "torch"}


@pytest.mark.parametrize("file", sorted((PACKAGE / "index").glob("*.py")), ids=lambda file: file.name)
def test_the_index_knows_vectors_and_nothing_else_of_pixie(file: Path) -> None:
    names = imports(file)
    own = {name for name in names if name.partition(".")[0] == "pixie"}
    assert all(
        name.startswith("pixie.index") or name in {"pixie.errors", "pixie.home", "pixie.cpu"} for name in own
    ), own
    assert packages(names) - {"pixie"} <= KNOWN_TO_INDEX | set(sys.stdlib_module_names)


STORAGE = (
    *("store.py", "vectors.py", "database.py", "records.py", "items.py", "lock.py", "disk.py"),
    *("query_file.py", "query_log.py", "logged_query.py"),
)


@pytest.mark.parametrize("name", STORAGE)
def test_storage_knows_neither_models_nor_indexes(name: str) -> None:
    own = {found for found in imports(PACKAGE / name) if found.startswith("pixie.")}
    upward = {
        "embedder",
        "checkpoint",
        "text_tower",
        "torch_tower",
        "images",
        "exif",
        "collection",
        "bridge",
        "index",
    }
    assert not {found.split(".")[1] for found in own} & upward


EMBEDDING = (
    *("embedder", "checkpoint", "hub", "weights", "tokenizer", "text_tower", "torch_tower"),
    *("precision", "preprocessing", "images", "exif", "rgb", "picture_file", "cpu", "checkpoint_files"),
    *("not_pictures", "animation", "pooling", "picture_limits", "tiff_messages", "raw_pictures", "suffixes"),
)


@pytest.mark.parametrize("name", EMBEDDING)
def test_embedding_knows_nothing_of_collections(name: str) -> None:
    own = {found for found in imports(PACKAGE / f"{name}.py") if found.startswith("pixie.")}
    assert {found.split(".")[1] for found in own} <= {*EMBEDDING, "errors", "home"}


def loaded_by(code: str) -> set[str]:
    """Top-level packages in memory after a fresh interpreter ran `code`."""
    script = (
        f"{code}\nimport json, sys; print(json.dumps(sorted({{n.partition('.')[0] for n in sys.modules}})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_cold_text_query_loads_neither_torch_nor_transformers_nor_pillow(tiny: Path) -> None:
    code = f"""
from pixie.embedder import Embedder
embedder = Embedder.load({str(tiny)!r})
embedder.fingerprint, embedder.device, embedder.batch_size
assert embedder.embed_texts(["a dog"]).shape == (1, 32)
"""
    assert not loaded_by(code) & (HEAVY - {"tokenizers"})


def test_importing_pixie_and_its_bridge_loads_nothing_heavy() -> None:
    assert not loaded_by("import pixie, pixie.bridge") & (HEAVY | {"numpy"})


def test_a_model_is_looked_up_before_anything_is_installed() -> None:
    assert not loaded_by("from pixie import hub; hub.cached('someone/some-clip')") & (HEAVY | {"numpy"})


def test_opening_an_embedder_loads_no_tower(tiny: Path) -> None:
    assert not loaded_by(f"import pixie; pixie.Embedder.load({str(tiny)!r}).fingerprint") & HEAVY


def test_a_picture_needs_torch_but_not_transformers(tiny: Path) -> None:
    code = f"""
import numpy, pixie
embedder = pixie.Embedder.load({str(tiny)!r})
embedder.embed_images([numpy.zeros((40, 60, 3), numpy.uint8)])
"""
    loaded = loaded_by(code)
    assert "torch" in loaded
    assert not loaded & {"transformers", "torchvision", "numba", "huggingface_hub"}
