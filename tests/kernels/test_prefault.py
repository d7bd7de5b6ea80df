"""Children get the pages that their kind always writes at once; what is in them stays."""

import errno
import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernels.conftest import PRELOAD

from coldframe.kernels import ask, call, ensure_server
from coldframe.kernels.client import connect
from coldframe.kernels.prefault import LESSONS, POPULATE_WRITE
from coldframe.kernels.wire import send

ROOT = Path(__file__).parents[2]
BEGIN = """
import mmap, os, resource, signal
from coldframe.kernels.prefault import LESSONS, Prefault

PAGES = 4096
ground = mmap.mmap(-1, PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
ground.madvise(mmap.MADV_NOHUGEPAGE)

def write(numbers, value):
    for number in numbers:
        ground[number * mmap.PAGESIZE] = value

def read(numbers):
    return {ground[number * mmap.PAGESIZE] for number in numbers}

write(range(PAGES), 1)
prefault = Prefault.of_this_process()

def child(kind, numbers, kill=False):
    lesson, (out, into) = prefault.lesson(kind), os.pipe()
    if os.fork() == 0:
        copied = prefault.copy_pages(kind)
        assert read(range(PAGES)) == {1}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        write(numbers, 2)
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        if kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if lesson is not None:
            lesson.write()
        os.write(into, f"{copied} {faults}".encode())
        os._exit(0)
    os.close(into)
    os.wait()
    if lesson is not None:
        prefault.learn(lesson)
    assert read(range(PAGES)) == {1}, "a child wrote into its parent"
    with open(out) as said:
        return [int(word) for word in said.read().split()]

always, once = range(0, PAGES, 2), range(1, PAGES, 2)
"""


def linux_populates():
    """Tell, without our code, whether Linux knows the advice (5.14 and later)."""
    with mmap.mmap(-1, mmap.PAGESIZE) as page:
        try:
            page.madvise(POPULATE_WRITE)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return False
        return True


needs_populating = pytest.mark.skipif(
    not linux_populates(), reason="a Linux before 5.14 copies no pages ahead"
)


def run(program):
    done = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@needs_populating
def test_only_what_all_children_wrote_is_copied_and_then_needs_no_fault():
    told = run("""
for turn in range(LESSONS):
    child("k", [*always, *once] if turn == 1 else always)
assert prefault.lesson("k") is None
print(*child("k", always), *child("k", once), *child("other", always))
""")
    copied, faults, again, faults_elsewhere, none, faults_without = map(int, told)
    assert 2048 <= copied == again < 2048 + 600  # and those of the interpreter itself
    assert faults < 100
    assert faults_elsewhere >= 2048  # pages that one child in three wrote
    assert none == 0
    assert faults_without >= 2048


@needs_populating
def test_a_child_that_is_killed_has_told_nothing():
    told = run("""
for _ in range(2 * LESSONS):
    child("k", once, kill=True)
assert not prefault.known
for _ in range(LESSONS):
    child("k", always)
print(*child("k", always), *child("k", once))
""")
    copied, faults, _, faults_elsewhere = map(int, told)
    assert copied >= 2048
    assert faults < 100
    assert faults_elsewhere >= 2048


def test_no_more_than_so_many_kinds_are_learnt():
    run("""
from coldframe.kernels.prefault import KINDS
for kind in range(KINDS):
    assert prefault.lesson(str(kind)) is not None
assert prefault.lesson("one more") is None
assert prefault.lesson("0") is not None
""")


def test_without_a_view_of_its_pages_a_server_forks_as_ever():
    run("""
blind = Prefault()
assert blind.lesson("k") is None
assert blind.copy_pages("k") == 0
""")


COUNTING = """
import sys
from pathlib import Path
from coldframe.kernels.prefault import EXCLUSIVE, entries, own_memory

own = sum(bool(entry & EXCLUSIVE) for _, entry in entries(own_memory()))
Path(sys.argv[2]).open("a").write(f"{own}\\n")
touched = [value for module in [*sys.modules.values()] for value in vars(module).values()]
"""


@needs_populating
def test_a_server_has_its_children_begin_with_what_they_will_write(tmp_path, monkeypatch):
    tests, lib = (str(ROOT / name) for name in ("tests", "lib"))
    monkeypatch.setenv("PYTHONPATH", f"{tests}{os.pathsep}{lib}")
    address, note = ensure_server((*PRELOAD, "kernels_of_this_test_alone")), tmp_path / "own"
    for _ in range(LESSONS + 1):
        assert call(address, "kernels.calls:run", [COUNTING, "count", str(note)]) == 0
    told = ask(address, "stop")
    assert told["learnt"] == ["call count"]
    first, *_, last = map(int, note.read_text().split())
    assert last > first + 1000


def test_a_request_without_words_does_not_end_the_server(address):
    pid = ask(address, "status")["pid"]
    for words in ({}, {"argv": None}, {"argv": 7}, {"argv": [[], []]}):
        request = {"kind": "call", "target": "time:ctime", "cwd": "/", "env": {}, **words}
        with connect(address) as connection:
            send(connection, request, [0, 1, 2])
            assert connection.recv(1)  # it forked
    assert ask(address, "status")["pid"] == pid
