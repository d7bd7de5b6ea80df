"""Warm kernels: notebooks that start at once, in processes forked from one that has imported all.

The package stands alone: it knows neither datasets nor notebooks, and whoever starts kernels
through jupyter_client can use it, by the kernelspec ``coldframe``.
"""

from coldframe.kernels.address import PRELOAD, Address, UnavailableError, find_address
from coldframe.kernels.client import (
    ForkedProcess,
    ask,
    call,
    describe_servers,
    ensure_server,
    start_server,
)

__all__ = [
    "PRELOAD",
    "Address",
    "ForkedProcess",
    "UnavailableError",
    "ask",
    "call",
    "describe_servers",
    "ensure_server",
    "find_address",
    "start_server",
]
