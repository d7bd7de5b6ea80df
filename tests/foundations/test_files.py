import errno
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.files import locked, write_atomically


def fail_nth(monkeypatch, name, n, code):
    """Let the n-th call of os.`name` fail with `code`, the others be real."""
    real, calls = getattr(os, name), iter(range(1, 1000))

    def failing(*args, **kwargs):
        if next(calls) == n:
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, failing)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_failing_sync_leaves_the_old_bytes_and_no_litter(tmp_path, monkeypatch, code):
    path = tmp_path / "x"
    write_atomically(path, b"old")
    fail_nth(monkeypatch, "fsync", 1, code)
    with pytest.raises(OSError, match=os.strerror(code)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@given(old=st.binary(max_size=64), new=st.binary(max_size=64))
def test_the_last_write_wins_whole(tmp_path_factory, old, new):
    path = tmp_path_factory.mktemp("w") / "deep" / "x"
    write_atomically(path, old)
    write_atomically(path, new)
    assert path.read_bytes() == new


def test_a_dead_holder_frees_its_lock(tmp_path):
    path = tmp_path / "lock"
    hold = "import sys, time; from pathlib import Path; from coldframe.files import locked\n"
    hold += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout.readline() == b"held\n"
    child.kill()
    child.wait()
    child.stdout.close()
    start = time.monotonic()
    with locked(path):
        assert time.monotonic() - start < 30
