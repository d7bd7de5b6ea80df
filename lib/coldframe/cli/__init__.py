"""The command line: reads what the other layers say and shows it; decides nothing itself."""

import os
import sys

__all__ = ["main"]

COLD = ("doctor", "kernels")  # about this environment, and about the fork server itself
OFF = ("0", "false", "no", "off")


def main() -> None:
    """Run the command line, in a process forked from the fork server if one listens.

    The server has imported what a command needs; without one, the command imports it.
    """
    wanted = os.environ.get("COLDFRAME_WARM_KERNELS", "true").lower() not in OFF
    if wanted and sys.argv[1:2] and sys.argv[1] not in COLD:
        from coldframe.kernels import UnavailableError, call, find_address

        try:
            code = call(find_address(), "coldframe.cli.app:main", ["coldframe", *sys.argv[1:]])
        except UnavailableError:
            pass  # nothing was run
        else:
            raise SystemExit(code)
    from coldframe.cli.app import main as run

    run()
