"""What a forked process does to be as good as one that was started: a kernel, or a command.

A fork inherits what a new process would not: random states, the thread pools' sizes, choices
that libraries made when they were imported without a kernel, the parent's streams. All of it is
put right here, and `tests/kernels/` runs the same checks against forked and started kernels.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from coldframe.kernels.prefault import Lesson
from coldframe.kernels.preloaded import Preloaded

Request = dict[str, Any]

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
CAPS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# chosen at import by whether a notebook is there; imported anew, they find it
CHOSEN_AT_IMPORT = ("tqdm.auto", "tqdm.autonotebook", "matplotlib_inline.backend_inline")
INLINE = "module://matplotlib_inline.backend_inline"
PLOTLY = "plotly_mimetype+notebook"  # what plotly chooses in a kernel


def become(
    request: Request, descriptors: Sequence[int], preloaded: Preloaded, lesson: Lesson | None
) -> NoReturn:
    """Turn this forked process into what `request` asks for; it ends with that."""
    code = 0
    try:
        _own_process(descriptors)
        _own_environment(request, preloaded)
        if request["kind"] == "kernel":
            _run_kernel(request, descriptors[3:], preloaded)
        _run_call(request)
    except SystemExit as error:
        code = _exit_code(error)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 - the last frame of this process
        traceback.print_exc()
        code = 1
    finally:
        _end(code, lesson)


def _exit_code(error: SystemExit) -> int:
    """Return the code with which the interpreter would end."""
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
    return 1


def _end(code: int, lesson: Lesson | None) -> NoReturn:
    """Do what an interpreter does at its end, but for tearing down thousands of modules."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        if lesson is not None:
            lesson.write()
    finally:
        os._exit(code)


def _own_process(descriptors: Sequence[int]) -> None:
    """Lead a process group of its own, with its own streams and the usual signals."""
    os.setsid()
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for target, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, target)
    for descriptor in descriptors[:3]:
        if descriptor > 2:
            os.close(descriptor)


def _own_environment(request: Request, preloaded: Preloaded) -> None:
    """Take over variables, folder and import path; forget what was edited; draw anew."""
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:0] = [path for path in given if path not in sys.path]
    preloaded.forget_changed()
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    preloaded.limit_threads(_thread_cap(request))


def _thread_cap(request: Request) -> int:
    """Return each kernel's part of the processors, unless the environment says otherwise.

    It is left in the environment, too.
    """
    cap = max(1, len(os.sched_getaffinity(0)) // int(request["kernels"]))
    with contextlib.suppress(KeyError, ValueError):
        cap = int(os.environ["OMP_NUM_THREADS"].partition(",")[0])
    for name in CAPS:  # for libraries that are loaded later, and for processes started from here
        os.environ.setdefault(name, str(cap))
    return cap


def _run_call(request: Request) -> NoReturn:
    """Run ``module:function`` as the program `argv`."""
    module, _, name = request["target"].partition(":")
    sys.argv = list(request["argv"])
    raise SystemExit(getattr(importlib.import_module(module), name)())


def _run_kernel(request: Request, descriptors: Sequence[int], preloaded: Preloaded) -> NoReturn:
    """Be ``ipykernel_launcher``; say on the fourth descriptor when the channels are bound."""
    sys.argv = ["ipykernel_launcher", *request["argv"]]
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # as ``python -m`` does
    for name in CHOSEN_AT_IMPORT:
        sys.modules.pop(name, None)
    os.environ.setdefault("MPLBACKEND", INLINE)
    before = (sys.stdout, sys.stderr)
    from ipykernel.kernelapp import IPKernelApp

    app: Any = IPKernelApp.instance()
    app.log_connection_info = lambda: None  # for those who start kernels by hand
    _initialize(app, request["argv"], preloaded)
    _settle_libraries(before)
    _replace_bars(preloaded.bars)
    for descriptor in descriptors:
        os.write(descriptor, b".")
        os.close(descriptor)
    app.start()
    # a SIGINT between two cells ends the loop: on with it, unless a shutdown was asked for
    while getattr(app.kernel, "_shutdown_message", None) is None:
        with contextlib.suppress(KeyboardInterrupt):
            app.io_loop.start()
    # ipykernel 7.4 ends its output thread first, and then waits seconds for threads that wait
    # for the output thread: 2.5 s in one shutdown of twenty
    for thread in (app.control_thread, app.shell_channel_thread):
        if thread is not None and thread.is_alive():
            thread.join(2)
    raise SystemExit


class _System:
    """`sys`, but without modules: IPython notes the name and the file of each at its start."""

    modules: Mapping[str, ModuleType] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(sys, name, value)


def _initialize(app: Any, argv: Sequence[str], preloaded: Preloaded) -> None:
    """Let `app` begin, with what it would have read in thousands of modules."""
    from ipykernel import ipkernel
    from IPython.core import shellapp

    readers: tuple[Any, ...] = (shellapp, ipkernel)
    for module in readers:
        module.sys = _System()
    try:
        app.initialize(argv)
    finally:
        for module in readers:
            module.sys = sys
    app.shell._sys_modules_keys = preloaded.names
    app.kernel._kernel_modules = preloaded.files
    if debugger := getattr(app.kernel, "debugger", None):
        debugger.kernel_modules = preloaded.files


def _settle_libraries(streams: tuple[object, ...]) -> None:
    """Tell libraries that were imported without a kernel that there is one now."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for handler in [h for logger in loggers for h in getattr(logger, "handlers", ())]:
        stream = getattr(handler, "stream", None)
        if isinstance(handler, logging.StreamHandler) and stream in streams:
            handler.setStream(sys.stdout if stream is streams[0] else sys.stderr)
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
    if "plotly.io" in sys.modules:
        renderers = sys.modules["plotly.io"].renderers
        renderers.default = os.environ.get("PLOTLY_RENDERER", PLOTLY)


def _replace_bars(modules: Sequence[ModuleType]) -> None:
    """Give modules that imported tqdm's bar for terminals the one for notebooks."""
    if "tqdm.notebook" in sys.modules:
        for module in modules:
            vars(module)["tqdm"] = importlib.import_module("tqdm.auto").tqdm
