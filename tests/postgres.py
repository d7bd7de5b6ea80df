"""A real PostgreSQL server in a temporary folder, for the time of a test session.

It listens on a socket in that folder and on no network port. Where the server's programs are
not installed, a test that asks for it is skipped and says so.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

PROGRAMS = "/usr/lib/postgresql"  # where Debian and Ubuntu put them
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "16MB",
    # the tests kill clients, never the server, so it need not wait for the disk
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def find_programs() -> Path | None:
    """Return the folder of the newest installed server, or None."""
    folders = sorted(Path(PROGRAMS).glob("*/bin"), key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path:  # where another system put it; a link leads to the folder of all of them
        folders.insert(0, Path(on_path).resolve().parent)
    needed = ("initdb", "postgres", "pg_isready")
    whole = [f for f in folders if all((f / program).is_file() for program in needed)]
    return whole[-1] if whole else None


def ordinary_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as if we are root, whom it refuses; None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _as_ordinary_user(folder: Path) -> dict[str, object]:
    """Return options for a subprocess that lives in `folder` and is not root."""
    user = ordinary_user()
    if user is None:
        return {"cwd": folder}
    return {"cwd": folder, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _await(server: subprocess.Popen[bytes], programs: Path, folder: Path) -> None:
    """Return when the server answers; raise with its log if it never does."""
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        ready = subprocess.run(
            [programs / "pg_isready", "-q", "-h", folder, "-d", "postgres"], check=False
        )
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    log = (folder / "log").read_text(errors="replace")
    raise RuntimeError(f"PostgreSQL did not start:\n{log}")


@contextlib.contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Start a server with the `programs`; yields the URL of its database."""
    folder = Path(tempfile.mkdtemp(prefix="coldframe-pg-"))  # short: a socket's path has 107 bytes
    options = _as_ordinary_user(folder)
    if (user := ordinary_user()) is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        made = subprocess.run(
            [programs / "initdb", "-D", "data", "-U", "coldframe", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync", "--no-instructions"],
            capture_output=True, text=True, check=False, **options,
        )  # fmt: skip
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")
        settings = [part for pair in SETTINGS.items() for part in ("-c", "=".join(pair))]
        settings = [part.replace("''", "") for part in settings]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", "data", "-k", str(folder), *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options,
            )  # fmt: skip
        try:
            _await(server, programs, folder)
            yield f"postgresql://coldframe@/postgres?host={quote(str(folder), safe='')}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is wanted any more
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a database on a real PostgreSQL server."""
    programs = find_programs()
    if programs is None:
        pytest.skip("DID NOT RUN: PostgreSQL's server is not installed (make test installs it)")
    pytest.importorskip("psycopg", reason="DID NOT RUN: the driver psycopg is not installed")
    with running_postgres(programs) as url:
        yield url


@pytest.fixture(scope="session")
def fresh_postgres(postgres_server: str) -> Callable[[], str]:
    """Return a function; each call gives the URL of an empty schema of its own."""
    import psycopg  # only where the server is there: the driver is an optional dependency

    numbers = itertools.count(1)

    def fresh() -> str:
        schema = f"fresh_{next(numbers)}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")  # type: ignore[arg-type]
        return f"{postgres_server}&options=-csearch_path%3D{schema}"

    return fresh
