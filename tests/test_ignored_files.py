"""What a walk leaves out: system folders, ``.pixieignore`` files as git reads them, and globs."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from folder_fixtures import fill, take
from pixie.errors import InvalidInputError
from pixie.plan import PlanOptions

if TYPE_CHECKING:
    from pathlib import Path

    from pixie.holdings import Holdings


def found(
    holdings: Holdings, folder: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
) -> list[str]:
    options = PlanOptions(include=include, exclude=exclude)
    return sorted(name.partition("/")[2] for name in take(holdings.plan([folder], options)))


def test_folders_that_systems_keep_are_left_out(holdings: Holdings, tmp_path: Path) -> None:
    kept = ("a.jpg", "eaDir/a.jpg", "recycle/a.jpg")
    system = ("@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX")
    pictures = fill(tmp_path / "P", *kept, *(f"{name}/a.jpg" for name in system), ".trash/a.jpg", "._a.jpg")
    assert found(holdings, pictures) == sorted(kept)


def test_ignore_files_say_what_git_would(holdings: Holdings, tmp_path: Path) -> None:
    """The same files and patterns, asked of git itself."""
    names = [
        *("a.jpg", "keep.jpg", "raw/x.jpg", "raw/y.png", "2020/raw/z.jpg", "2020/a.jpg", "2020/top.png"),
        *("top.png", "deep/1/2/3/x.gif", "deep/x.gif", "2020/keep.jpg", "sub/only.png", "sub/other.png"),
        *("sub/in/only.png", "build/a.jpg", "nobuild/build.jpg", "é.jpg", "sp ace.jpg", "#hash.jpg"),
    ]
    pictures = fill(tmp_path / "P", *names)
    rules = {
        ".": "# a comment\n*.jpg\n!keep.jpg\n/top.png\nraw/\ndeep/**/x.gif\nbuild\n!\\#hash.jpg\n",
        "2020": "!a.jpg\nkeep.jpg\n",
        "sub": "*\n!only.png\n",
        "raw": "!y.png\n",
    }
    for folder, lines in rules.items():
        (pictures / folder / ".pixieignore").write_text(lines)
        (pictures / folder / ".gitignore").write_text(lines)
    subprocess.run(["git", "init", "-q"], cwd=pictures, check=True)
    listed = subprocess.run(
        ["git", "-c", "core.quotePath=off", "ls-files", "-z", "--others", "--exclude-standard"],
        cwd=pictures,
        check=True,
        capture_output=True,
    ).stdout
    expected = [os.fsdecode(name) for name in listed.split(b"\0") if name and b".gitignore" not in name]
    expected = [name for name in expected if ".pixieignore" not in name]
    assert expected
    assert found(holdings, pictures) == sorted(expected)


def test_a_folder_below_obeys_the_files_above_it(holdings: Holdings, tmp_path: Path) -> None:
    pictures = fill(tmp_path / "P", "a.jpg", "2020/a.png", "2020/b.jpg")
    (pictures / ".pixieignore").write_text("*.png\n")
    assert found(holdings, pictures) == ["2020/b.jpg", "a.jpg"]
    holdings.settle(holdings.plan([pictures]))
    assert found(holdings, pictures / "2020") == ["2020/b.jpg"]


def test_globs_choose_and_leave_out(holdings: Holdings, tmp_path: Path) -> None:
    pictures = fill(tmp_path / "P", "a.jpg", "b.png", "2020/c.jpg", "2020/d.png", "raw/e.jpg")
    assert found(holdings, pictures, include=("*.jpg",)) == ["2020/c.jpg", "a.jpg", "raw/e.jpg"]
    assert found(holdings, pictures, include=("*.jpg",), exclude=("raw/",)) == ["2020/c.jpg", "a.jpg"]
    assert found(holdings, pictures, include=("/2020/**", "b.*")) == ["2020/c.jpg", "2020/d.png", "b.png"]
    assert found(holdings, pictures, exclude=("*.png", "2020/c.jpg")) == ["a.jpg", "raw/e.jpg"]


@pytest.mark.parametrize("glob", ["!", "[z-a]", "\\"])
def test_a_glob_that_is_none_is_refused(holdings: Holdings, tmp_path: Path, glob: str) -> None:
    pictures = fill(tmp_path / "P", "a.jpg")
    with pytest.raises(InvalidInputError, match="is no pattern"):
        found(holdings, pictures, exclude=(glob,))


def test_a_line_that_is_no_pattern_is_named_and_the_others_hold(holdings: Holdings, tmp_path: Path) -> None:
    pictures = fill(tmp_path / "P", "a.jpg", "b.png")
    (pictures / ".pixieignore").write_text("[z-a]\n*.png\n")
    plan = holdings.plan([pictures])
    assert take(plan) == ["P/a.jpg"]
    assert [(problem.code, problem.path) for problem in plan.problems] == [
        ("unsupported", str(pictures / ".pixieignore"))
    ]
    assert "'[z-a]'" in plan.problems[0].message


def test_an_ignore_file_that_is_a_pipe_is_not_waited_for(holdings: Holdings, tmp_path: Path) -> None:
    pictures = fill(tmp_path / "P", "a.jpg")
    os.mkfifo(pictures / ".pixieignore")
    assert found(holdings, pictures) == ["a.jpg"]


def test_a_huge_ignore_file_is_named_and_not_read(holdings: Holdings, tmp_path: Path) -> None:
    pictures = fill(tmp_path / "P", "a.jpg")
    (pictures / ".pixieignore").write_bytes(b"*.jpg\n" * 200_000)
    plan = holdings.plan([pictures])
    assert [(problem.code, problem.path) for problem in plan.problems] == [
        ("unreadable", str(pictures / ".pixieignore"))
    ]
    assert "longer than 1 MiB" in plan.problems[0].message


def test_names_that_are_not_utf8_are_matched_by_their_bytes(holdings: Holdings, tmp_path: Path) -> None:
    pictures = fill(tmp_path / "P", "\udcff.jpg", "\udcfe.jpg")
    (pictures / ".pixieignore").write_bytes(b"\xff.jpg\n")
    assert found(holdings, pictures) == ["\udcfe.jpg"]


def test_linked_folders_obey_the_rules_where_the_link_is(holdings: Holdings, tmp_path: Path) -> None:
    elsewhere = fill(tmp_path / "elsewhere", "x.jpg", "y.png")
    pictures = fill(tmp_path / "P", "a.jpg")
    (pictures / "link").symlink_to(elsewhere)
    (pictures / "private").symlink_to(fill(tmp_path / "secret", "s.jpg"))
    (pictures / ".pixieignore").write_text("*.png\nprivate/\n")
    assert found(holdings, pictures) == ["a.jpg", "link/x.jpg"]
