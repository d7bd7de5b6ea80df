"""Sockets of kernels: in a folder of one user, and removed when nobody listens any more."""

import os
import socket
import stat

import pytest

from coldframe.kernels.address import UnavailableError
from coldframe.kernels.sockets import FOLDER, OLD, new_sockets, remove_dead_sockets


def grow_old(path):
    past = path.stat().st_mtime - OLD - 1
    os.utime(path, (past, past))


@pytest.fixture
def short(tmp_path_factory, monkeypatch):
    """A runtime folder with a short path."""
    folder = tmp_path_factory.mktemp("r")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder / f"coldframe-{os.getuid()}"


def test_no_two_kernels_get_the_same_sockets_and_nobody_else_may_enter(short):
    found = {new_sockets() for _ in range(20)}
    assert len(found) == 20
    assert {path.parent for path in found} == {short / FOLDER}
    assert stat.S_IMODE((short / FOLDER).stat().st_mode) == 0o700


def test_a_path_that_is_too_long_is_told(short, monkeypatch):
    deep = short.parent / ("d" * 80)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with pytest.raises(UnavailableError, match="too long"):
        new_sockets()


def test_only_old_sockets_where_nobody_listens_are_removed(short):
    paths = {name: new_sockets() for name in ("dead", "young", "alive")}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(paths["alive"]))
        listening.listen()
        for name in ("dead", "young"):
            with socket.socket(socket.AF_UNIX) as killed:
                killed.bind(str(paths[name]))
        grow_old(paths["dead"])
        grow_old(paths["alive"])
        remove_dead_sockets(short)
        assert sorted(path.name for path in (short / FOLDER).iterdir()) == sorted(
            paths[name].name for name in ("young", "alive")
        )


def test_a_folder_without_sockets_is_no_fault(short):
    short.mkdir()
    remove_dead_sockets(short)
    assert list(short.iterdir()) == []
