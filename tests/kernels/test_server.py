"""The fork server: who may ask it, when it ends, what becomes of what it forked."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from counts import count
from kernels.conftest import PRELOAD
from kernels.kernel_cases import WARM, Kernel

from coldframe.kernels import (
    Address,
    ForkedProcess,
    UnavailableError,
    ask,
    call,
    describe_servers,
    ensure_server,
    find_address,
    start_server,
)
from coldframe.kernels.address import environment_key, runtime_folder
from coldframe.kernels.client import is_running
from coldframe.kernels.preloaded import Preloaded, preload
from coldframe.kernels.server import Server
from coldframe.kernels.wire import WireError, check_peer


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def fork(address, target, *argv, env=None):
    request = {"kind": "call", "target": target, "argv": list(argv), "cwd": "/",
               "env": env or dict(os.environ)}  # fmt: skip
    return ForkedProcess(address, request, [0, 1, 2])


def test_only_this_user_may_enter(address):
    assert stat.S_IMODE(address.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(address.socket.stat().st_mode) == 0o600


def test_a_folder_that_others_may_enter_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    name = f"coldframe-{os.getuid()}"
    (tmp_path / name).mkdir(mode=0o755)
    (tmp_path / name).chmod(0o755)
    with pytest.raises(UnavailableError, match="only this user"):
        runtime_folder()
    (tmp_path / name).rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnavailableError, match="only this user"):
        runtime_folder()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_somebody_else_is_turned_away(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        tmp_path.chmod(0o777)
        for folder in tmp_path.parents:
            if folder.name.startswith(("pytest", "popen")):  # pytest's own, and each worker's
                folder.chmod(0o755)
        Path(path).chmod(0o777)
        program = f"import os, socket; os.setuid(65534); socket.socket(1).connect({path!r})"
        visitor = subprocess.run([sys.executable, "-c", program], check=False)
        assert visitor.returncode == 0
        connection, _ = listener.accept()
        with connection, pytest.raises(WireError, match="user 65534"):
            check_peer(connection)


def test_it_has_one_thread_and_says_what_it_could_not_import():
    address = ensure_server(("json", "no_such_module_anywhere"))
    told = ask(address, "status")
    assert told["threads"] == 1
    assert told["failed"] == {
        "no_such_module_anywhere": "ModuleNotFoundError: No module named 'no_such_module_anywhere'"
    }
    assert address.key in {found.key for found, _ in describe_servers()}
    ask(address, "stop")
    assert until(lambda: not is_running(address))


def test_never_the_users_code():
    address = ensure_server()  # what is imported unless told otherwise
    program = "import sys; sys.exit('flights' in sys.modules or 'pandas' not in sys.modules)"
    assert fork(address, "kernels.calls:run", program, env=with_tests()).wait(60) == 0


def test_edited_code_is_forgotten_and_libraries_are_not(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"coldframe_loose_{name}.py").write_text(f"{name} = 1\n")
        os.utime(tmp_path / f"coldframe_loose_{name}.py", ns=(1, 1))  # long ago
    loose = ("coldframe_loose_one", "coldframe_loose_two")
    found = preload(["json", *loose])
    try:
        assert set(loose) <= found.loose.keys()
        assert not {"json", "numpy"} & found.loose.keys()
        mine = Preloaded({}, {name: found.loose[name] for name in loose}, (), found.since)
        mine.forget_changed()
        assert set(loose) <= sys.modules.keys()
        server = Server(find_address(), lock=-1, idle=1, preloaded=mine)
        assert server._is_current()
        # of the same size and a new time: one changed file, and nothing of it all is kept
        (tmp_path / "coldframe_loose_two.py").write_text("two = 2\n")
        assert not server._is_current()  # it retires, and the next one has today's code
        mine.forget_changed()
        assert not set(loose) & sys.modules.keys()
        # one written while it was being imported cannot be told from one written afterwards
        late = preload(loose)
        stamp = (late.loose[loose[1]][0], late.since + 1, 8)
        os.utime(stamp[0], ns=stamp[1:2] * 2)
        Preloaded({}, {loose[1]: stamp}, (), late.since).forget_changed()
        assert loose[1] not in sys.modules
    finally:
        for name in loose:
            sys.modules.pop(name, None)


def test_a_module_that_starts_a_thread_means_no_server():
    site = Path(next(p for p in sys.path if p.endswith("site-packages")))
    module = site / "coldframe_probe_thread.py"
    module.write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    try:
        with pytest.raises(UnavailableError, match="started a thread"):
            ensure_server(("coldframe_probe_thread",))
    finally:
        module.unlink()


def test_a_new_server_removes_what_is_left_of_those_that_are_gone(address):
    gone = ensure_server(("json", "this"))
    ask(gone, "stop")
    assert until(lambda: not is_running(gone))
    assert gone.lock.exists()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(gone.socket))  # what one leaves that was killed
    new = ensure_server(("json", "tabnanny"))
    assert until(lambda: not gone.lock.exists())
    assert not gone.log.exists()
    assert not gone.socket.exists()
    assert address.lock.exists()  # that of a server that lives
    assert ask(address, "status")["pid"] != ask(new, "status")["pid"]
    ask(new, "stop")


def test_many_who_want_one_get_one():
    preload = ("json", "decimal")
    found, threads = [], []
    for _ in range(16):
        threads.append(threading.Thread(target=lambda: found.append(ensure_server(preload))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    pids = {ask(address, "status")["pid"] for address in found}
    assert len(pids) == 1
    ask(found[0], "stop")


def test_it_ends_when_nobody_needs_it():
    address = ensure_server(("json", "fractions"), idle=0.5)
    assert until(lambda: not address.socket.exists() and not is_running(address), 20)


def test_it_ends_when_the_environment_is_no_longer_that_which_it_imported():
    """Of another key than that of its environment, as one would be after an installation."""
    good = find_address(("json",))
    stale = Address(good.folder, "0123456789abcdef", ("json",))
    start_server(stale)
    assert until(lambda: stale.socket.exists())
    process = fork(stale, "time:sleep_not_there")
    assert process.wait(20) == 1
    assert until(lambda: not is_running(stale), 20)
    assert not stale.socket.exists()


def test_the_key_is_that_of_the_environment():
    assert environment_key(("a",)) == environment_key(("a",))
    assert environment_key(("a",)) != environment_key(("b",))
    other = subprocess.run(
        [sys.executable, "-c", "from coldframe import kernels; print(kernels.find_address().key)"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "lib")},
    )  # fmt: skip
    assert other.stdout.strip() == find_address().key


def test_stopped_it_lets_its_children_end_or_kills_them():
    for now in (False, True):
        address = ensure_server(("json", "queue"))
        program = "import time, sys; time.sleep(1.5); sys.exit(5)"
        child = fork(address, "kernels.calls:run", program, env=with_tests())
        time.sleep(0.2)
        server = ask(address, "stop", now=now)["pid"]
        with pytest.raises(UnavailableError):
            ask(address, "status")
        assert child.wait(20) == (-signal.SIGKILL if now else 5)
        assert until(lambda server=server: not psutil.pid_exists(server))


def with_tests():
    paths = os.pathsep.join(str(Path(__file__).parents[2] / name) for name in ("tests", "lib"))
    return {**os.environ, "PYTHONPATH": paths}


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.usefixtures("address")
def test_a_call_is_a_process_like_any_other(code, tmp_path):
    """Its streams, folder, variables, words and exit code are those of who called."""
    program = (
        "import os, sys; print(sys.stdin.read(), os.getcwd(), os.environ['COLOUR'], sys.argv[1]);"
        f"print('beside', file=sys.stderr); sys.exit({code})"
    )
    caller = (
        "import sys; from coldframe.kernels import call, ensure_server; "
        "from kernels.conftest import PRELOAD; "
        "sys.exit(call(ensure_server(PRELOAD), 'kernels.calls:run', sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", caller, program, "word"], input="typed", text=True,
        capture_output=True, cwd=tmp_path, env={**with_tests(), "COLOUR": "red"}, check=False,
    )  # fmt: skip
    assert done.stdout == f"typed {tmp_path} red word\n", done.stderr
    assert done.stderr == "beside\n"
    assert done.returncode == code


def test_without_a_server_a_call_runs_nothing():
    missing = Address(find_address().folder, "f" * 16)
    with pytest.raises(UnavailableError):
        call(missing, "time:ctime", [])


def test_the_servers_death_is_the_death_of_what_it_forked():
    """Killed by whatever means, it leaves nothing behind, and the next one starts."""
    kernel = Kernel(WARM, {"preload": ["json", "ipykernel.kernelapp"]})
    address = find_address(("json", "ipykernel.kernelapp"))
    server = ask(address, "status")["pid"]
    pid = kernel.pid
    os.kill(server, signal.SIGKILL)
    assert kernel.wait_for_death()
    assert until(lambda: not psutil.pid_exists(pid))
    kernel.close()
    again = Kernel(WARM, {"preload": ["json", "ipykernel.kernelapp"]})
    assert again.is_warm
    assert again.value("6 * 7") == 42
    again.close()
    ask(address, "stop")


@pytest.mark.timeout(3600)
def test_nothing_leaks_over_many_kernels(address):
    def held():
        process = psutil.Process(ask(address, "status")["pid"])
        mine = psutil.Process()
        return process.num_fds(), len(process.children()), mine.num_fds(), len(mine.children())

    def once():
        kernel = Kernel(WARM, {"preload": list(PRELOAD)})
        assert kernel.value("1 + 1") == 2
        kernel.close()

    for _ in range(3):
        once()  # what is kept once, as zmq's context is
    until(lambda: not ask(address, "status")["children"])
    before = held()
    for _ in range(count(10, 1000)):
        once()
    allowed = (before[0], 0, before[2] + 8, before[3])  # zmq keeps a few for its context
    settled = until(lambda: all(now <= most for now, most in zip(held(), allowed, strict=True)))
    assert settled, (held(), allowed)


def test_variables_that_only_sound_like_the_interpreters_keep_a_kernel_warm():
    named = {"PYTHON": "python3", "PYTHON_VERSION": "3.12.1"}  # by make, by images
    kernel = Kernel(WARM, {"preload": list(PRELOAD)}, env={**os.environ, **named})
    assert kernel.is_warm
    assert kernel.value("__import__('os').environ['PYTHON_VERSION']") == "3.12.1"
    kernel.close()


def test_what_needs_a_new_interpreter_gets_one():
    for env in ({"PYTHONHASHSEED": "1"}, {"PYTHONOPTIMIZE": "2"}):
        kernel = Kernel(WARM, {"preload": list(PRELOAD)}, env={**os.environ, **env})
        assert not kernel.is_warm
        assert kernel.value("6 * 7") == 42
        kernel.close()


def test_the_usual_libraries_can_all_be_imported_and_start_no_thread():
    address = ensure_server()
    told = ask(address, "status")
    assert (told["failed"], told["threads"]) == ({}, 1)
