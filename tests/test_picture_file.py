"""Files of pictures: read once, regular files only."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageOps

from pixie import images, picture_file
from sample_pictures import PLAIN, drawing, encoded, error_of, expected


def test_a_file_gives_its_hash_size_and_time(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(encoded(drawing()))
    info = images.decode(file, PLAIN)[1]
    status = file.stat()
    assert (info.size, info.mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert (
        info.sha256
        == picture_file.sha256(file.read_bytes())
        == images.decode(file.read_bytes(), PLAIN)[1].sha256
    )
    assert len(info.sha256) == 64


def test_a_file_is_read_once_so_that_hash_and_pixels_agree(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(encoded(drawing()))
    read = picture_file.PictureFile.read(file)
    file.write_bytes(encoded(ImageOps.invert(drawing())))
    found, info = images.decode(read, PLAIN)
    assert info.sha256 == read.sha256
    np.testing.assert_array_equal(found, expected(drawing()))


@pytest.mark.parametrize("name", ["missing.png", "a.png/below.png", "nul\0.png", "half\ud83d.png"])
def test_a_file_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(encoded(drawing()))
    error = error_of(f"{tmp_path}/{name}")
    assert error.code == "missing"
    assert error.item == f"{tmp_path}/{name}"


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert error_of(tmp_path / "a.png").code == "empty"
    assert error_of(b"").code == "empty"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(drawing()))
    (tmp_path / "a.png").chmod(0)
    assert error_of(tmp_path / "a.png").code == "unreadable"


def test_a_folder_a_pipe_a_socket_and_a_device_are_unreadable_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may have 107 characters only
        try:
            listening.bind("socket.png")
        finally:
            os.chdir(here)
        for path in (tmp_path, tmp_path / "pipe.png", tmp_path / "socket.png", "/dev/zero", "/dev/tty"):
            if Path(path).exists():
                assert error_of(path).code == "unreadable", path


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(picture_file.MAX_FILE_BYTES + 1)
    assert error_of(tmp_path / "a.png").code == "too_large"


def test_the_error_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    error = error_of(tmp_path / "notes.png")
    assert error.item == str(tmp_path / "notes.png")
    assert str(tmp_path / "notes.png") in error.message
