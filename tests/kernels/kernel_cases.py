"""One kernel of either kind, driven as jupyter_client drives them."""

import contextlib
import os
import sys
import time
from queue import Empty

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

COLD, WARM = "cold", "warm"
PATIENCE = 120


def spec(kind, **config):
    provisioner = {"provisioner_name": "coldframe", "config": config}
    if kind == COLD:
        provisioner = {"provisioner_name": "local-provisioner"}
    return KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name=kind, language="python", metadata={"kernel_provisioner": provisioner},
    )  # fmt: skip


class Manager(KernelManager):
    """A stock manager with a kernelspec of the test's choice."""

    chosen = None

    @property
    def kernel_spec(self):
        return self.chosen


class Kernel:
    """A kernel that runs cells and tells what they gave."""

    def __init__(self, kind, config=None, **options):
        self.kind = kind
        self.manager = Manager()
        self.manager.chosen = spec(kind, **(config or {}))
        # seeing pytest's variable, ipykernel leaves file descriptors alone
        mine = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        options.setdefault("env", mine)
        self.manager.start_kernel(**options)
        self.connect()

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    @property
    def pid(self):
        return self.manager.provisioner.pid

    @property
    def is_warm(self):
        return getattr(self.manager.provisioner, "warm", False)

    def start(self, code):
        return self.client.execute(code)

    def end(self, message_id, seconds=PATIENCE):
        """Return status, text and rich outputs of a cell that was started."""
        text, shown, status = "", [], None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                assert self.manager.is_alive(), "the kernel died"
                continue
            content, kind = message["content"], message["msg_type"]
            if kind == "stream":  # of an earlier cell, too: descriptors are read by a thread
                text += content["text"]
            elif message["parent_header"].get("msg_id") != message_id:
                continue
            elif kind == "error":
                status = content["ename"]
            elif kind in ("display_data", "execute_result"):
                shown.append(content["data"])
            elif kind == "status" and content["execution_state"] == "idle":
                return status or "ok", text, shown
        raise TimeoutError(text)

    def run(self, code):
        return self.end(self.start(code))

    def text_until(self, code, expected):
        """Return what a cell wrote, as far as `expected`, be it later than the cell's end."""
        text = self.run(code)[1]
        for _ in range(100):
            if expected in text:
                break
            time.sleep(0.02)
            text += self.run("pass")[1]
        return text

    def value(self, expression):
        """Return what `expression` is in the kernel, through its representation."""
        status, text, _ = self.run(f"print(repr({expression}))")
        assert status == "ok", status
        return eval(text)  # what the test itself printed

    def wait_for_death(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.manager.is_alive():
                return True
            time.sleep(0.02)
        return False

    def exit_code(self):
        return self.manager.provisioner.process.poll()

    def close(self):
        self.client.stop_channels()
        with contextlib.suppress(RuntimeError):
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
