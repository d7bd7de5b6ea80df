"""Kernels by fork, for everything that starts kernels through jupyter_client.

A kernelspec with ``kernel_provisioner: {provisioner_name: coldframe}`` in its metadata gets its
kernels from the fork server. Whenever that is not possible, an ordinary kernel starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Float, Int
from traitlets import List as ListTrait

from coldframe.kernels.address import PRELOAD, UnavailableError
from coldframe.kernels.client import ForkedProcess, fork

READY_SECONDS = 60.0
# Variables of the interpreter that are obeyed in a fork; any other one needs a new interpreter.
# Those of Python 3.11 and 3.12 hold no underscore; images and make set PYTHON, PYTHON_VERSION ...
INTERPRETER = re.compile("PYTHON[A-Z]+")
OBEYED = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
STREAMS = (("stdout", 1), ("stderr", 2))
LAUNCHER = ["-m", "ipykernel_launcher"]

_warned: set[str] = set()


class WarmProvisioner(LocalProvisioner):
    """Forks kernels from the server of this environment; starts them where that cannot be."""

    enabled = Bool(True, help="Whether to fork at all.").tag(config=True)
    preload = ListTrait(list(PRELOAD), help="Modules the server imports.").tag(config=True)
    memory_bytes = Int(0, help="Data a kernel may allocate; 0: no limit.").tag(config=True)
    ready_seconds = Float(READY_SECONDS, help="For a kernel to bind.").tag(config=True)
    warm = False
    _forked: ForkedProcess | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, or start one."""
        self.warm = False
        self._forked = None
        try:
            await self._fork(cmd, kwargs)
        except UnavailableError as error:
            self._warn(str(error))
            await super().launch_kernel(cmd, **kwargs)
        self._limit_memory()
        return self.connection_info

    def _warn(self, reason: str) -> None:
        """Say once why kernels start slowly."""
        if self.enabled and reason not in _warned:
            _warned.add(reason)
            self.log.warning("kernels start cold: %s", reason)

    def _check(self, cmd: list[str], env: dict[str, str]) -> list[str]:
        """Return the kernel's own arguments.

        Raises
        ------
        UnavailableError
            The kernel asks for an interpreter that a fork could not be.
        """
        if not self.enabled:
            raise UnavailableError("forking is switched off")
        python = Path(cmd[0])
        # not samefile: the Pythons of two environments may be links to one
        same = python.is_absolute() and python.absolute() == Path(sys.executable).absolute()
        if not same or cmd[1:3] != LAUNCHER:
            raise UnavailableError(f"the kernel is not this Python's: {' '.join(cmd[:3])}")
        asked = {name for name in env if INTERPRETER.fullmatch(name)} - OBEYED
        if asked:
            raise UnavailableError(f"{', '.join(sorted(asked))} is for a new interpreter")
        return cmd[3:]

    async def _fork(self, cmd: list[str], kwargs: dict[str, Any]) -> None:
        """Ask the server for a kernel and wait until it has bound its channels."""
        env = dict(kwargs.get("env") or os.environ)
        env.pop("JPY_PARENT_PID", None)  # its life hangs on the connection to the server
        arguments = self._check(cmd, env)
        cwd = str(kwargs.get("cwd") or Path.cwd())
        request = {"kind": "kernel", "argv": arguments, "env": env, "cwd": cwd}
        with contextlib.ExitStack() as stack:
            null = os.open(os.devnull, os.O_RDWR)
            stack.callback(os.close, null)
            ready, said = os.pipe()
            stack.callback(os.close, ready)
            try:
                streams = [_descriptor(kwargs.get(n), d, null) for n, d in STREAMS]
                process = await asyncio.to_thread(
                    fork, request, [null, *streams, said], tuple(self.preload)
                )
            finally:
                os.close(said)
            self._forked = process
            self.process = cast(Any, process)  # the interface of Popen, not its type
            await self._until_bound(ready)
        self.pid = self.pgid = process.pid
        self.cwd = cwd
        self.warm = True

    async def _until_bound(self, ready: int) -> None:
        """Wait for the kernel's word; if it died, whoever talks to it next will know."""
        end = time.monotonic() + self.ready_seconds
        while time.monotonic() < end:
            if select.select([ready], [], [], 0)[0]:
                return
            await asyncio.sleep(0.002)

    def _limit_memory(self) -> None:
        """Limit what the kernel may allocate, forked or started alike."""
        if not self.memory_bytes or not self.pid:
            return
        try:
            import resource

            limit = (self.memory_bytes, self.memory_bytes)
            resource.prlimit(self.pid, resource.RLIMIT_DATA, limit)
        except (ImportError, AttributeError, OSError) as error:
            self._warn(f"their memory cannot be limited here: {error}")

    @property
    def cpu_seconds(self) -> float | None:
        """Processor time of a forked kernel that has ended, its children's included."""
        return self._forked.usage.get("cpu_seconds") if self._forked else None

    async def wait(self) -> int | None:
        """Wait for the end; jupyter_client looks every tenth of a second."""
        if self._forked is not None:
            while self._forked.poll() is None:
                await asyncio.sleep(0.005)
        return await super().wait()


def _descriptor(stream: Any, default: int, null: int) -> int:
    """Return the file descriptor that `Popen` would make of `stream`."""
    if stream is None:
        return default
    if stream == subprocess.DEVNULL:
        return null
    if stream in (subprocess.PIPE, subprocess.STDOUT):
        raise UnavailableError("a forked kernel has no pipes")
    return stream if isinstance(stream, int) else int(stream.fileno())
