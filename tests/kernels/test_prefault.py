"""Children get the pages that their kind always writes at once; what is in them stays."""

import subprocess
import sys

import pytest

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
        prefault.learn(kind, lesson)
    assert read(range(PAGES)) == {1}, "a child wrote into its parent"
    with open(out) as said:
        return [int(word) for word in said.read().split()]

always, once = range(0, PAGES, 2), range(1, PAGES, 2)
"""


def run(program):
    done = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_only_what_all_children_wrote_is_copied_and_then_needs_no_fault():
    told = run("""
for turn in range(LESSONS):
    child("k", [*always, *once] if turn == 1 else always)
assert prefault.lesson("k") is None
print(*child("k", always), *child("k", once), *child("other", always))
""")
    copied, faults, again, faults_elsewhere, none, faults_without = map(int, told)
    if not copied:
        pytest.skip("needs MADV_POPULATE_WRITE, of Linux 5.14")
    assert 2048 <= copied == again < 2048 + 600  # and those of the interpreter itself
    assert faults < 100
    assert faults_elsewhere >= 2048  # pages that one child in three wrote
    assert none == 0
    assert faults_without >= 2048


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
    assert faults < 100 or not copied
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
