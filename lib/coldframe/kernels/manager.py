"""A kernel manager without jupyter_client's fixed waits, for many short notebooks.

It waits a fifth of a second for output that will not come, and a tenth between two looks whether
a kernel has ended. With forked kernels those waits would be most of a notebook's time.
"""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from traitlets import DottedObjectName, Type

from coldframe.kernels.address import UnavailableError
from coldframe.kernels.sockets import new_sockets

_CLIENT = "coldframe.kernels.manager.PromptKernelClient"


class PromptKernelClient(AsyncKernelClient):
    """Knows that a kernel is ready when its output channel says idle after our question."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        provisioner = getattr(self.parent, "provisioner", None)
        if not getattr(provisioner, "warm", False):
            await super()._async_wait_for_ready(timeout=timeout)
            return
        end = time.monotonic() + (timeout or 60.0)
        while time.monotonic() < end:
            self.kernel_info()
            if await self._answers():
                return
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
        raise RuntimeError(f"Kernel didn't respond in {timeout or 60.0:g} seconds")

    wait_for_ready = _async_wait_for_ready

    async def _answers(self) -> bool:
        """Tell whether an answer came on both channels: then the subscription is live."""
        try:
            message = await self.shell_channel.get_msg(timeout=1)
            if message["msg_type"] != "kernel_info_reply":
                return False
            while True:
                told = await self.iopub_channel.get_msg(timeout=0.2)
                if told["content"].get("execution_state") == "idle":
                    break
        except Empty:
            return False
        self._handle_kernel_info_reply(message)
        return True


class PromptKernelManager(AsyncKernelManager):
    """Looks every few milliseconds whether a kernel has ended.

    It talks to its kernel through sockets in a folder that only this user may enter; where that
    cannot be through the loopback, encrypted, for other users of the machine can listen there.
    """

    client_class = DottedObjectName(_CLIENT)
    client_factory = Type(klass="jupyter_client.client.KernelClient", default_value=_CLIENT)

    async def _async_pre_start_kernel(self, **options: Any) -> Any:
        if self.shell_port == 0:  # not at a restart
            try:
                self.ip, self.transport = str(new_sockets()), "ipc"
            except UnavailableError:
                self.transport_encryption = "auto"
        return await super()._async_pre_start_kernel(**options)

    async def _async_finish_shutdown(
        self, waittime: float | None = None, pollinterval: float = 0.005, restart: bool = False
    ) -> None:
        await super()._async_finish_shutdown(waittime, pollinterval, restart)

    finish_shutdown = _async_finish_shutdown

    @property
    def ipykernel(self) -> bool:
        """Whether the kernel is IPython's; nbclient then keeps its history in memory."""
        return True

    @property
    def cpu_seconds(self) -> float | None:
        """Processor time of the kernel, if it was forked and has ended."""
        provisioner: Any = self.provisioner
        return getattr(provisioner, "cpu_seconds", None)
