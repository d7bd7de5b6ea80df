"""A fork server's start: one for each address, everything imported, one thread."""

from __future__ import annotations

import fcntl
import gc
import importlib
import os
import sys
from pathlib import Path
from typing import NoReturn

from coldframe.kernels.address import Address
from coldframe.kernels.server import Fork, Server, count_threads

# Clouds' file systems and grammars that libraries import though nobody here needs them; a
# notebook that does imports them itself.
UNWANTED = ("rfc3987_syntax", "gcsfs", "s3fs", "boto3", "botocore", "adlfs", "github")


def preload(modules: tuple[str, ...]) -> dict[str, str]:
    """Import `modules`; return why those failed that did. None of them is indispensable."""
    failed = {}
    for name in UNWANTED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # "there is no such module"
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever a library does at import
            failed[name] = f"{type(error).__name__}: {error}"
    for name in UNWANTED:
        if sys.modules.get(name, 0) is None:
            del sys.modules[name]
    return failed


def main(folder: str, key: str, idle: str, *modules: str) -> NoReturn:
    """Import, listen, fork; returns never, neither in the server nor in a child."""
    address = Address(Path(folder), key, modules)
    lock = os.open(address.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os._exit(0)  # there is one already, or about to be
    if os.fork():
        os._exit(0)  # whoever started us waits for this; the lock stays with the fork
    # what earlier servers said is of no use, and the log is ours now
    os.ftruncate(sys.stderr.fileno(), 0)
    failed = preload(modules)
    gc.collect()
    gc.freeze()  # no child's collector touches, and so copies, the pages of what was imported
    if count_threads() > 1:
        print("a library started a thread; a forked copy would lack it", file=sys.stderr)  # noqa: T201
        os._exit(1)
    request, descriptors = None, list[int]()
    try:
        Server(address, lock=lock, idle=float(idle), failed=failed).serve()
    except Fork as fork:
        request, descriptors = fork.request, fork.descriptors
    # outside of the handler: else every traceback of the child would show the request as its
    # context, and with it all variables, passwords among them
    if request is not None:
        from coldframe.kernels.child import become

        become(request, descriptors)
    os._exit(0)
