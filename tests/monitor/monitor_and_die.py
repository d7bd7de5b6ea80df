"""Monitor the project in argv[1]; die by SIGKILL at the argv[2]-th touch of its files (0: live).

Prints how often the project's files were touched.
"""

import os
import signal
import sys
from pathlib import Path

import samples

from coldframe.monitor import monitor_snapshot

TOUCHES = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}


def main(root: str, deadline: int) -> None:
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
    monitor_snapshot(bench)
    print(touched)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
