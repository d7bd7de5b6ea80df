"""Memory made ready to be forked: in larger pages, and unchanged."""

import subprocess
import sys

PROGRAM = """
import re
from pathlib import Path
from coldframe.kernels.memory import LARGE, fold_pages

def large():
    sizes = re.findall("AnonHugePages: +([0-9]+) kB", Path("/proc/self/smaps").read_text())
    return sum(map(int, sizes)) * 1024

kept = [bytes([n % 251]) * 4096 for n in range(8192)]  # 32 MiB
before = large()
folded = fold_pages()
assert all(page == bytes([n % 251]) * 4096 for n, page in enumerate(kept))
print(folded * LARGE, large() - before)
"""


def test_folding_pages_changes_their_size_and_nothing_else():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    folded, grown = map(int, done.stdout.split())
    assert folded >= grown >= 0  # older systems fold nothing; what was large before stays so
    assert folded == 0 or grown > 16 << 20


FILLING = """
import ctypes
from coldframe.kernels.memory import POOL, settle_memory

kept = [[bytes(size) for _ in range(4000)] for size in range(8, 480, 16)]
for row in kept:
    del row[::3]  # holes in every size
settle_memory()
old = {id(one) // POOL for row in kept for one in row}
new = [bytes(size) for size in range(8, 480, 16) for _ in range(200)]
print(sum(id(one) // POOL in old for one in new), len(new))
"""


def test_new_objects_have_pages_of_their_own_once_the_holes_are_filled():
    done = subprocess.run(
        [sys.executable, "-c", FILLING], capture_output=True, text=True, check=True
    )
    among_old, new = map(int, done.stdout.split())
    assert among_old < 0.1 * new


WITHOUT_POOLS = """
import resource
from coldframe.kernels.memory import fill_holes

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fill_holes()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_filling_gives_up_where_python_uses_the_system_s_allocator():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POOLS], capture_output=True, text=True, check=True,
        env={"PYTHONMALLOC": "malloc"}, timeout=60,
    )  # fmt: skip
    assert int(done.stdout) < 32 << 10  # KiB; all sizes would take five times that
