"""The command line: reads what the other layers say and shows it; decides nothing itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["main"]

COLD = ("doctor", "kernels")  # about this environment, and about the fork server itself
OFF = ("0", "false", "no", "off")


def find_preload() -> tuple[str, ...]:
    """Return what the fork server of this project has imported; empty: the usual libraries.

    Reading settings takes longer than most commands, so only a project pays for it that names
    modules of its own.
    """
    begin = Path(os.environ.get("COLDFRAME_ROOT") or Path.cwd()).absolute()
    folders = [begin, *begin.parents]
    file = next((f / "env.yaml" for f in folders if (f / "env.yaml").is_file()), None)
    said = [os.environ.get("COLDFRAME_PRELOAD", "")]
    if file is not None and os.access(file, os.R_OK):  # else the command itself will tell
        lines = file.read_text("utf-8", "replace").splitlines()
        said += [line.partition(":")[2] for line in lines if line.startswith("preload")]
    if not any(one.partition("#")[0].strip(" \"'") for one in said):
        return ()
    from coldframe.errors import ColdframeError
    from coldframe.settings import load_settings

    try:
        return load_settings().modules
    except ColdframeError:
        return ()  # the command itself will tell


def main() -> None:
    """Run the command line, in a process forked from the fork server if one listens.

    The server has imported what a command needs; without one, the command imports it.
    """
    wanted = os.environ.get("COLDFRAME_WARM_KERNELS", "true").lower() not in OFF
    if wanted and sys.argv[1:2] and sys.argv[1] not in COLD:
        from coldframe.kernels import PRELOAD, UnavailableError, call, find_address

        try:
            address = find_address(find_preload() or PRELOAD)
            code = call(address, "coldframe.cli.app:main", ["coldframe", *sys.argv[1:]])
        except UnavailableError:
            pass  # nothing was run
        else:
            raise SystemExit(code)
    from coldframe.cli.app import main as run

    run()
