"""A stage in a process of its own that dies by SIGKILL when it touches its files the nth time.

``dying.py DOTTED_PATH ROOT N`` calls a function of the workbench for the project at ROOT (N 0: it
lives), then prints how often the project's files were touched.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import samples

from coldframe.datasets import load_object

TOUCHES = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}


def start(stage: str, root: Path, deadline: int) -> subprocess.Popen[str]:
    """Start the function with the dotted path `stage`; it dies at the touch number `deadline`."""
    paths = os.pathsep.join(str(samples.ROOT / name) for name in ("lib", "tests"))
    return subprocess.Popen(
        [sys.executable, __file__, stage, root, str(deadline)],
        env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def main(stage: str, root: str, deadline: int) -> None:
    function = load_object(stage, where="argv")
    bench = samples.open_bench(Path(root))
    home = str(bench.settings.home)
    touched = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in TOUCHES and arguments and home in str(arguments[0]):
            touched += 1
            if touched == deadline:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    function(bench)
    print(touched)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
