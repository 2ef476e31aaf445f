"""Files are replaced whole or not at all, and stay what they were otherwise."""

import os
import stat
import threading
from pathlib import Path

import pytest

from autograd.draw.writing import write_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"new", b"newer"):
        write_whole(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
def test_permissions_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"secret")
    path.chmod(0o600)
    write_whole(path, b"more of it")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_error_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: '.*nowhere.a'$"):
        write_whole(tmp_path / "nowhere" / "a", b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs the pipes of POSIX")
def test_what_is_no_file_is_written_into(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    write_whole(path, b"content")
    reader.join()
    assert found == [b"content"]
    assert path.is_fifo()
    assert list(tmp_path.iterdir()) == [path]
