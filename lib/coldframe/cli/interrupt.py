"""Ctrl-C that is not lost.

Python raises KeyboardInterrupt wherever it happens to be. In a finaliser or in a callback of the
import system, of which a start has thousands, the exception is printed and dropped, and the
program runs on as if nobody had pressed anything. So it is noted, and raised again at the next
step of the work.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_pressed = threading.Event()


def _note(number: int, frame: FrameType | None) -> None:
    del number, frame
    _pressed.set()
    raise KeyboardInterrupt


@contextlib.contextmanager
def noted() -> Iterator[None]:
    """Note SIGINT while inside; raise it again at the end if it was dropped.

    Raises
    ------
    KeyboardInterrupt
        It was sent, at once where possible.
    """
    _pressed.clear()
    # only the main thread hears signals, and a program in the background was told not to
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, _note)
    try:
        yield
        checkpoint()
    finally:
        signal.signal(signal.SIGINT, before)


def checkpoint() -> None:
    """Raise KeyboardInterrupt if it was sent and dropped."""
    if _pressed.is_set():
        raise KeyboardInterrupt
