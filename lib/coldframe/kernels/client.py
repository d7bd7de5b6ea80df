"""The client's side: find the server, start it if there is none, ask it for a process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coldframe.kernels.address import Address, UnavailableError, find_address
from coldframe.kernels.wire import Inbox, Message, WireError, check_peer, send

IDLE_SECONDS = 3600.0
START_SECONDS = 90.0  # imports on a busy machine
ANSWER_SECONDS = 20.0
STARTS = 3  # somebody's look at the lock may have turned one away

_START = "import sys; sys.path[0] = sys.argv[1]; from coldframe.kernels.start import main; "
_START += "sys.path.pop(0); main(*sys.argv[2:])"


def connect(address: Address) -> socket.socket:
    """Return a connection to a server that runs.

    Raises
    ------
    UnavailableError
        None listens at `address`, or it is somebody else's.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(address.socket))
        check_peer(connection)
    except (OSError, WireError) as error:
        connection.close()
        raise UnavailableError(f"no fork server answers: {error}") from error
    return connection


def ask(address: Address, kind: str, **more: Any) -> Message:
    """Ask the server ``status`` or ``stop``; return its description of itself.

    Raises
    ------
    UnavailableError
        It does not answer.
    """
    with connect(address) as connection:
        connection.settimeout(ANSWER_SECONDS)
        inbox = Inbox(connection)
        try:
            send(connection, {"kind": kind, **more})
            while (answer := inbox.read()) is None:
                pass
        except (OSError, WireError) as error:
            raise UnavailableError(f"the fork server does not answer: {error}") from error
        return answer


def _environment() -> dict[str, str]:
    """Return a server's variables: ours, but for what would change the Python in its children.

    OpenBLAS and jemalloc would start threads when they are loaded; a child starts its own. Those
    of OpenBLAS would spin for a tenth of a second before they sleep, more than most notebooks
    need to start.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COLDFRAME_"))}
    return {
        **kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
        "OPENBLAS_THREAD_TIMEOUT": "4", "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false", "MPLBACKEND": "agg",
        "NML_DISABLE_USAGE_LOGGING": "1", "PLOOMBER_STATS_ENABLED": "false",
        # a forked process keeps what it freed: new pages from the system cost it a fault each
        "MALLOC_TRIM_THRESHOLD_": str(2**27), "MALLOC_MMAP_THRESHOLD_": str(2**25),
    }  # fmt: skip


def start_server(address: Address, idle: float = IDLE_SECONDS) -> None:
    """Start a server in the background, nobody's child; of two started at once, one ends at once.

    It holds the lock when this returns.
    """
    import subprocess  # here, as every command passes this module

    words = [str(Path(__file__).parents[2]), str(address.folder), address.key, str(idle)]
    with address.log.open("ab") as log:
        subprocess.run(  # noqa: S603 - this very Python
            [sys.executable, "-c", _START, *words, *address.preload], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, cwd="/", env=_environment(), start_new_session=True,
            check=False,
        )  # fmt: skip


def is_running(address: Address) -> bool:
    """Tell whether a server lives, though it may not listen yet or any more."""
    try:
        with address.lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def ensure_server(
    preload: Sequence[str] | None = None, *, idle: float = IDLE_SECONDS,
    seconds: float = START_SECONDS,
) -> Address:  # fmt: skip
    """Return the address of a server of this environment that listens, started if need be.

    Raises
    ------
    UnavailableError
        It cannot be started here, or did not come up in `seconds`.
    """
    address = find_address() if preload is None else find_address(preload)
    started = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(UnavailableError):
            connect(address).close()
            return address
        if not is_running(address):
            if started == STARTS:
                said = address.log.read_text(errors="replace").strip().splitlines()
                raise UnavailableError(f"the fork server ended: {said[-1] if said else 'no word'}")
            start_server(address, idle)
            started += 1
        time.sleep(0.02)
    raise UnavailableError(f"the fork server did not come up in {seconds:g} s; see {address.log}")


class ForkedProcess:
    """A process that the server forked, with the interface of `subprocess.Popen`.

    Hanging up, by `close` or by dying, kills it with its process group.

    Parameters
    ----------
    address : Address
        Of a server that listens.
    request : dict
        ``kind``, ``argv``, ``env``, ``cwd``; for a call ``target``.
    descriptors : sequence of int
        Its streams, and for a kernel one to say that it is ready.

    Raises
    ------
    UnavailableError
        The server does not answer.
    """

    stdin = stdout = stderr = None

    def __init__(
        self, address: Address, request: Mapping[str, Any], descriptors: Sequence[int]
    ) -> None:
        self.returncode: int | None = None
        self.usage: Message = {}
        self.args = list(request["argv"])
        self._connection = connect(address)
        self._inbox = Inbox(self._connection)
        try:
            send(self._connection, dict(request), descriptors)
            answer = self._read(ANSWER_SECONDS)
        except (OSError, WireError) as error:
            self._connection.close()
            raise UnavailableError(f"the fork server does not fork: {error}") from error
        if answer is None or "pid" not in answer:
            self._connection.close()
            raise UnavailableError("the fork server does not fork")
        self.pid = int(answer["pid"])

    def _read(self, seconds: float | None) -> Message | None:
        """Return the next message, or None if none comes in time."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([self._connection], [], [], left)[0]:
                return None
            if (message := self._inbox.read()) is not None:
                return message

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self._await(0)

    def _await(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            try:
                message = self._read(seconds)
            except (OSError, WireError):
                message = {"exit": -signal.SIGKILL}  # the server died, and its children with it
            if message is not None:
                self.usage = message
                self.returncode = int(message["exit"])
                self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code.

        Raises
        ------
        subprocess.TimeoutExpired
            It still runs after `timeout` seconds.
        """
        if (code := self._await(timeout)) is None:
            import subprocess

            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Hang up; the server kills what still runs."""
        self._connection.close()


def fork(
    request: Mapping[str, Any], descriptors: Sequence[int], preload: Sequence[str] | None = None
) -> ForkedProcess:
    """Return a forked process, from a server that is started if need be.

    Raises
    ------
    UnavailableError
        There is no server, twice: the first may just have retired.
    """
    with contextlib.suppress(UnavailableError):
        return ForkedProcess(ensure_server(preload), request, descriptors)
    return ForkedProcess(ensure_server(preload), request, descriptors)


def call(address: Address, target: str, argv: Sequence[str]) -> int:
    """Run ``module:function`` in a forked process as if it were this one; return its exit code.

    It has this process's streams, folder and variables, and gets its signals.

    Raises
    ------
    UnavailableError
        The server does not answer; nothing was run.
    """
    request = {"kind": "call", "target": target, "argv": list(argv), "env": dict(os.environ),
               "cwd": str(Path.cwd())}  # fmt: skip
    process = ForkedProcess(address, request, [0, 1, 2])

    def pass_on(number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def describe_servers() -> list[tuple[Address, Message]]:
    """Return every server of this user that answers; ``own`` tells if of this environment.

    Raises
    ------
    UnavailableError
        There is no folder of this user's that could be trusted.
    """
    found = []
    for path in sorted(find_address().folder.glob("*.sock")):
        address = Address(path.parent, path.stem, ())
        with contextlib.suppress(UnavailableError, json.JSONDecodeError):
            told = ask(address, "status")
            told["own"] = Path(told["python"]).parent == Path(sys.executable).parent
            found.append((address, told))
    return found
