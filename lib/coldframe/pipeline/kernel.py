"""The kernel of one notebook: what it is started with, and how."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import IO, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_event_loop

from coldframe.kernels.manager import PromptKernelManager
from coldframe.pipeline.watch import KernelWatch
from coldframe.settings import VARIABLE, Settings


def kernel_environment(settings: Settings, dataset: str) -> dict[str, str]:
    """Return the variables that make a kernel see these settings and this project's code.

    By variable and not by parameter, because parameters are stored in the notebook and an URL
    may hold a password.
    """
    values = settings.model_dump(mode="json") | {"dataset": dataset}
    known = {VARIABLE + name.upper(): str(value) for name, value in values.items()}
    paths = [str(settings.lib), *filter(None, [os.environ.get("PYTHONPATH")])]
    quiet = {
        "NML_DISABLE_USAGE_LOGGING": "1", "PLOOMBER_STATS_ENABLED": "false",
        # the threads of OpenBLAS sleep at once; by default they spin for a tenth of a second
        "OPENBLAS_THREAD_TIMEOUT": os.environ.get("OPENBLAS_THREAD_TIMEOUT", "4"),
    }  # fmt: skip
    return {**known, **quiet, "PYTHONPATH": os.pathsep.join(paths)}


@contextlib.contextmanager
def event_loop() -> Iterator[None]:
    """Close the event loop that nbclient leaves in a thread; the main thread keeps its own."""
    loop = ensure_event_loop()
    try:
        yield
    finally:
        if threading.current_thread() is not threading.main_thread():
            loop.close()


def kernel_spec(settings: Settings) -> KernelSpec:
    """Return how to start this very Python: a kernelspec of the user's may name another one."""
    config: dict[str, Any] = {
        "enabled": settings.warm_kernels, "memory_bytes": settings.notebook_bytes,
    }  # fmt: skip
    if settings.modules:
        config["preload"] = list(settings.modules)
    return KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        metadata={
            "supported_encryption": ["curve"],
            "kernel_provisioner": {"provisioner_name": "coldframe", "config": config},
        },
    )


def kernel_manager(
    settings: Settings, watch: KernelWatch, environment: dict[str, str], log: IO[bytes]
) -> type[PromptKernelManager]:
    """Return a kernel manager class for nbclient that runs this Python under `watch`.

    What the process says beside its cells (a crash in C code does) goes to `log`.
    """
    spec = kernel_spec(settings)

    class WatchedKernelManager(PromptKernelManager):
        """Starts what `spec` says, and tells `watch`."""

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

        async def _async_pre_start_kernel(self, **options: Any) -> Any:
            return await super()._async_pre_start_kernel(
                **options, env={**os.environ, **environment}, stdout=log, stderr=log
            )

        async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
            await super()._async_launch_kernel(kernel_cmd, **kw)
            watch.started(getattr(self.provisioner, "pid", None))

        async def _async_cleanup_resources(self, restart: bool = False) -> None:
            if self.cpu_seconds is not None:
                watch.spent[getattr(self.provisioner, "pid", None)] = self.cpu_seconds
            await super()._async_cleanup_resources(restart=restart)

        cleanup_resources = _async_cleanup_resources  # type: ignore[assignment]  # as its base does

    return WatchedKernelManager
