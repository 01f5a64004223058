"""Files from outside: what is read, and what is refused without being read."""

import os
import re
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from patchwright.synths import SynthError
from patchwright.synths.outside_file import read_outside

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def refused(path: str | Path, *words: str, max_bytes: int = 10) -> None:
    with pytest.raises(SynthError) as caught:
        read_outside(path, kind="a preset", max_bytes=max_bytes, mend="choose a smaller one")
    message = str(caught.value)
    assert str(path) in message
    assert ". " not in message
    for word in words:
        assert re.search(word, message), message


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_a_file_up_to_the_limit_is_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\r\n\x1a"[:size].ljust(size, b"\0"))
    assert read_outside(path, kind="a preset", max_bytes=10) == path.read_bytes()


def test_a_large_file_is_read_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(3 * 2**20 + 7))
    assert read_outside(path, kind="a preset", max_bytes=2**23) == path.read_bytes()


def test_a_file_above_the_limit_is_refused_with_the_limit_and_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(11))
    refused(path, "10 bytes", "choose a smaller one")
    with path.open("wb") as stream:
        stream.truncate(2**40)  # a sparse file, which no one could read
    refused(path, "64 MiB", max_bytes=2**26)


@POSIX
def test_a_link_to_a_file_is_followed_and_one_to_a_device_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_outside(tmp_path / "link", kind="a preset", max_bytes=10) == b"content"
    (tmp_path / "zero").symlink_to("/dev/zero")
    refused(tmp_path / "zero", "device", "a preset")


@POSIX
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_refused(path: str) -> None:
    if not Path(path).exists():
        pytest.skip(f"there is no {path}")
    refused(path, "device", "a preset")


@POSIX
def test_a_pipe_and_a_socket_are_refused_without_waiting(tmp_path: Path) -> None:
    if sys.platform == "win32":
        return
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "pipe")
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as opened:
        opened.bind(f"{short}/s")  # such paths have 107 bytes at most
        refused(f"{short}/s", "socket")


@POSIX
def test_a_file_without_a_stated_size_is_limited_too() -> None:
    path = Path("/proc/self/maps")
    if not path.exists():
        pytest.skip("there is no /proc")
    refused(path, "10 bytes")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "missing", "No such file")
    refused(tmp_path, "folder|Permission")
    refused(tmp_path / ("x" * 300), "too long|No such file")
    refused(f"{tmp_path}/a\0b", "null")
