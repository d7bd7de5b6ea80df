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
