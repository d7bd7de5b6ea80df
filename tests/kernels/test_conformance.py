"""What holds for a kernel that was started holds for one that was forked."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from kernels.kernel_cases import WARM

ROOT = Path(__file__).resolve().parents[2]


def test_cells_run_and_errors_come_back(kernel):
    assert kernel.run("x = 6 * 7\nprint(x)") == ("ok", "42\n", [])
    status, _, shown = kernel.run("x")
    assert (status, shown[0]["text/plain"]) == ("ok", "42")
    assert kernel.run("1 / 0")[0] == "ZeroDivisionError"
    assert kernel.run("print(x)")[1] == "42\n"


def test_where_and_who_it_is(kernel, tmp_path):
    assert kernel.value("__import__('os').getcwd()") == str(tmp_path)
    assert kernel.value("__import__('os').getpid()") == kernel.pid
    assert kernel.value("__name__") == "__main__"
    assert kernel.value("__import__('sys').executable") == sys.executable
    assert kernel.value("__import__('os').getpgid(0)") == kernel.pid


def test_variables_are_those_it_was_given(make_kernel):
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    kernel = make_kernel(env={**kept, "TZ": "Asia/Tokyo", "COLOUR": "blue"})
    seen = kernel.value("dict(__import__('os').environ)")
    assert seen["COLOUR"] == "blue"
    assert "XDG_RUNTIME_DIR" not in seen
    assert kernel.value("__import__('time').strftime('%Z')") == "JST"


def test_the_projects_code_is_read_anew_by_each_kernel(make_kernel, tmp_path):
    (tmp_path / "code").mkdir()
    module = tmp_path / "code" / "coldframe_probe.py"
    env = {**os.environ, "PYTHONPATH": str(module.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    for answer in (1, 22):
        module.write_text(f"answer = {answer}\n")
        assert make_kernel(env=env).value("__import__('coldframe_probe').answer") == answer
    loaded = "[n for n in __import__('sys').modules if n.split('.')[0] == 'flights']"
    assert make_kernel().value(loaded) == []


def test_our_own_code_is_that_of_the_copy_at_work(make_kernel, tmp_path):
    """The fork server has imported this copy; whoever works in another one gets the other one."""
    shutil.copytree(ROOT / "lib" / "coldframe", tmp_path / "lib" / "coldframe")
    with (tmp_path / "lib" / "coldframe" / "wording.py").open("a") as stream:
        stream.write("\nEDITED = 22\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "lib")}
    assert make_kernel(env=env).value("__import__('coldframe.wording').wording.EDITED") == 22
    here = make_kernel().value("__import__('coldframe.wording').wording.__file__")
    assert here == str(ROOT / "lib" / "coldframe" / "wording.py")


def test_it_knows_the_modules_that_were_there_before_it(kernel):
    """`%reset -s aggressive` forgets those that came later; the debugger steps over their files."""
    files = "get_ipython().kernel._kernel_modules"
    assert kernel.value(f"__import__('os').__file__ in {files}")
    assert kernel.value(f"get_ipython().kernel.debugger.kernel_modules is {files}")
    assert kernel.value("get_ipython().kernel.__module__ in get_ipython()._sys_modules_keys")
    later = "'wave' in __import__('sys').modules"
    assert kernel.run("import wave")[0] == "ok"
    assert kernel.value(later)
    assert kernel.run("get_ipython().reset(aggressive=True)")[0] == "ok"
    assert not kernel.value(later)
    assert kernel.value("'os' in __import__('sys').modules")


def test_random_numbers_differ_from_kernel_to_kernel(make_kernel):
    draw = (
        "import random, secrets, uuid, numpy; drawn = (random.random(), numpy.random.rand(),"
        " numpy.random.default_rng().random(), secrets.token_hex(8), uuid.uuid4().hex)"
    )
    drawn = []
    for kernel in (make_kernel(), make_kernel()):
        assert kernel.run(draw)[0] == "ok"
        drawn.append(kernel.value("tuple(map(str, drawn))"))
    assert not set(drawn[0]) & set(drawn[1])


def test_output_at_the_level_of_file_descriptors(kernel):
    said = "from a child"
    assert said in kernel.text_until(f"import os; n = os.system('echo {said}')", said)
    said = "straight to the descriptor"
    assert said in kernel.text_until(f"n = os.write(2, b'{said}\\n')", said)
    assert kernel.run("import logging; logging.warning('a warning')")[1].endswith("a warning\n")


def test_figures_widgets_and_bars_are_drawn_for_a_notebook(kernel):
    _, _, shown = kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert [data for data in shown if "image/png" in data]
    assert kernel.value("plt.get_backend()").endswith("inline")
    _, _, shown = kernel.run("import ipywidgets; ipywidgets.IntSlider()")
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert "notebook" in kernel.value(
        "[c.__module__ for c in __import__('optuna').progress_bar.tqdm.__mro__]"
    )[2] or kernel.value("str(__import__('optuna').progress_bar.tqdm.__mro__)").count("notebook")
    renderer = kernel.value("str(__import__('plotly.io').io.renderers.default)")
    assert renderer == "plotly_mimetype+notebook"


def test_it_dies_of_exit_with_its_code(kernel):
    kernel.start("import os; os._exit(7)")
    assert kernel.wait_for_death()
    assert kernel.exit_code() == 7


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_it_dies_of_a_signal(kernel, number):
    kernel.start(f"import os; os.kill(os.getpid(), {int(number)})")
    assert kernel.wait_for_death()
    assert kernel.exit_code() == -number


def test_a_segfault_in_c_code_is_a_death(kernel):
    kernel.start("import ctypes; ctypes.string_at(0)")
    assert kernel.wait_for_death()
    assert kernel.exit_code() == -signal.SIGSEGV


def test_an_interrupt_ends_the_cell_and_spares_the_kernel(kernel):
    kernel.run("import time; kept = 1")
    begun = kernel.start("print('begun', flush=True)\nwhile True: time.sleep(0.01)")
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    assert kernel.end(begun)[0] == "KeyboardInterrupt"
    kernel.manager.interrupt_kernel()  # between cells it is nothing
    assert kernel.value("kept") == 1


def test_a_restart_is_another_process_without_memory(kernel):
    kernel.run("kept = 1")
    before = kernel.pid
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=False)
    kernel.connect()
    assert kernel.pid != before
    assert kernel.run("kept")[0] == "NameError"
    assert not psutil.pid_exists(before)


def test_a_polite_shutdown_runs_what_was_registered_for_the_end(kernel, tmp_path):
    path = tmp_path / "end.txt"
    kernel.run(f"import atexit; r = atexit.register(open({str(path)!r}, 'w').write, 'ended')")
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=False)
    assert path.read_text() == "ended"


def test_children_in_its_group_die_with_it(kernel):
    kernel.run("import subprocess; child = subprocess.Popen(['sleep', '600'])")
    child = kernel.value("child.pid")
    kernel.close()
    end = time.monotonic() + 10
    while psutil.pid_exists(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_no_kernel_outlives_the_program_that_started_it(kind, tmp_path):
    """Killed with SIGKILL, a client tells nobody; its kernel must notice."""
    program = (
        "import sys, time; sys.path[:0] = sys.argv[1:3]\n"
        "from kernels.conftest import PRELOAD\n"
        "from kernels.kernel_cases import Kernel\n"
        f"kernel = Kernel({kind!r}, {{'preload': list(PRELOAD)}})\n"
        "print(kernel.pid, flush=True); time.sleep(600)"
    )
    from coldframe import kernels

    paths = [str(Path(__file__).parents[1]), str(Path(kernels.__file__).parents[2])]
    client = subprocess.Popen(
        [sys.executable, "-c", program, *paths], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    kernel = psutil.Process(int(client.stdout.readline()))
    client.kill()
    client.communicate()
    kernel.wait(20)  # raises if it lives


def test_memory_beyond_the_limit_is_an_error_of_the_cell():
    """Of warm kernels; a cold one that our provisioner starts gets the same limit."""
    from kernels.conftest import PRELOAD
    from kernels.kernel_cases import Kernel

    for enabled in (True, False):
        config = {"preload": list(PRELOAD), "memory_bytes": 1 << 30, "enabled": enabled}
        kernel = Kernel(WARM, config)
        try:
            assert kernel.is_warm == enabled
            assert kernel.run("import numpy; a = numpy.ones(2 << 27)")[0] == "MemoryError" or (
                kernel.run("a = numpy.ones(2 << 27)")[0].endswith("MemoryError")
            )
            assert kernel.value("float(numpy.ones(1000).sum())") == 1000
        finally:
            kernel.close()


def test_processes_and_threads_of_its_own(kernel):
    code = (
        "import multiprocessing, concurrent.futures, joblib\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    forked = pool.map(abs, [-1, -2])\n"
        "with concurrent.futures.ThreadPoolExecutor(2) as pool:\n"
        "    threads = list(pool.map(abs, [-3]))\n"
        "loky = joblib.Parallel(2)(joblib.delayed(abs)(-i) for i in range(3))"
    )
    assert kernel.run(code)[0] == "ok"
    assert kernel.value("(forked, threads, loky)") == ([1, 2], [3], [0, 1, 2])


def test_blas_and_gradient_boosting_give_the_same_bits_in_both():
    from kernels.conftest import PRELOAD
    from kernels.kernel_cases import COLD, Kernel

    code = (
        "import hashlib, numpy\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "rng = numpy.random.default_rng(7)\n"
        "x = rng.normal(size=(3000, 8)); y = x[:, 0] + rng.normal(size=3000) > 0\n"
        "p = HistGradientBoostingClassifier(random_state=1).fit(x, y).predict_proba(x)\n"
        "d = hashlib.sha256(p.tobytes() + (x.T @ x).tobytes()).hexdigest()"
    )
    found = []
    for kind in (COLD, WARM):
        kernel = Kernel(kind, {"preload": list(PRELOAD)})
        try:
            assert kernel.run(code)[0] == "ok"
            found.append(kernel.value("d"))
        finally:
            kernel.close()
    assert found[0] == found[1]
