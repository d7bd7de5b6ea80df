"""However a notebook ends before its end, it never counts as done and leaves no process behind."""

import os
import time

import psutil
import pytest
from nbformat import v4

from coldframe.errors import NotebookError
from coldframe.pipeline import run_notebook
from coldframe.pipeline.cells import find_interruption, read_cells
from coldframe.pipeline.engine import SparingEngine

ENDINGS = {
    "exit": "import sys\nsys.exit(0)",
    "os-exit": "import os\nos._exit(0)",
    "killed": "import os\nos.kill(os.getpid(), 9)",
    "raised": "raise KeyboardInterrupt",
    "error": "1 / 0",
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_notebook_that_ends_early_fails(project, how):
    project.notebook(
        "alone", ["from coldframe.notebook import finish", ENDINGS[how], "finish(product)"]
    )
    with pytest.raises(NotebookError) as caught:
        run_notebook(
            project.settings(), notebook=project.root / "notebooks/alone.ipynb", stage="alone"
        )
    (folder,) = (project.home / "failed" / "alone").iterdir()
    assert str(folder) in caught.value.remedy
    assert (folder / "alone.ipynb").is_file()
    assert not project.receipt("alone").exists()
    assert not list((project.home / "runs" / "alone").iterdir())


def test_of_a_lost_kernel_what_was_executed_until_then_is_kept(tmp_path):
    class Losing(SparingEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, *_, **__):
            nb_man.nb.cells[0].outputs.append(v4.new_output("stream", text="said before"))
            raise RuntimeError("the kernel is gone")

    book = v4.new_notebook(cells=[v4.new_code_cell("1", metadata={"papermill": {}})])
    book.metadata.papermill = {}
    with pytest.raises(RuntimeError, match="is gone"):
        Losing.execute_notebook(book, "python3", output_path=str(tmp_path / "alone.ipynb"))
    (cell,) = read_cells(tmp_path / "alone.ipynb")
    assert "said before" in "".join(cell["outputs"][0]["text"])


def test_leaving_after_the_result_but_before_the_end_is_leaving_early(project):
    project.notebook("alone", [
        "from coldframe.notebook import finish", "finish(product)", "import sys\nsys.exit(0)",
        "print('never')",
    ])  # fmt: skip
    with pytest.raises(NotebookError, match="did not come to its end"):
        run_notebook(
            project.settings(), notebook=project.root / "notebooks/alone.ipynb", stage="alone"
        )


def test_ending_without_a_result_is_a_failure(project):
    project.notebook("alone", ["x = 1"])
    with pytest.raises(NotebookError, match="without a result"):
        run_notebook(
            project.settings(), notebook=project.root / "notebooks/alone.ipynb", stage="alone"
        )


def test_the_deadline_ends_the_kernel_and_all_that_it_started(project, tmp_path):
    note = tmp_path / "pids"
    project.notebook("alone", [
        "import os, subprocess, sys, time",
        # one child in the kernel's process group, one that left it
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "a = subprocess.Popen(sleep)\n"
        "b = subprocess.Popen(sleep, start_new_session=True)\n"
        f"_ = open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{a.pid}} {{b.pid}}')",
        "time.sleep(600)",
    ])  # fmt: skip
    started = time.monotonic()
    with pytest.raises(NotebookError, match="took longer than 12 s"):
        run_notebook(
            project.settings(notebook_seconds=12),
            notebook=project.root / "notebooks/alone.ipynb", stage="alone",
        )  # fmt: skip
    assert time.monotonic() - started < 60
    for pid in map(int, note.read_text().split()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"


def test_children_of_a_notebook_that_succeeded_are_ended_too(project, tmp_path):
    note = tmp_path / "pid"
    project.notebook("alone", [
        "import subprocess, sys\nfrom coldframe.notebook import finish",
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"_ = open({str(note)!r}, 'w').write(str(child.pid))",
        "finish(product)",
    ])  # fmt: skip
    run_notebook(project.settings(), notebook=project.root / "notebooks/alone.ipynb", stage="alone")
    pid = int(note.read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"


def test_the_page_shows_results_but_runs_no_script_of_the_data(project):
    project.notebook("alone", [
        "from IPython.display import HTML, Markdown, display\n"
        "from coldframe.notebook import Note, Table, finish, show_figure",
        "display(HTML('<p>shown</p><script>evil()</script><img src=x onerror=evil()>'))\n"
        "display(Markdown('[x](javascript:evil()) <script>evil()</script>'))",
        "display(Table.of([{'name': '<script>evil()</script>'}]))",
        "from matplotlib.figure import Figure\nfigure = Figure()\n"
        "show_figure(figure, alt='an empty figure')",
        "finish(product)",
    ])  # fmt: skip
    run_notebook(project.settings(), notebook=project.root / "notebooks/alone.ipynb", stage="alone")
    page = project.receipt("alone").with_suffix(".html").read_text()
    assert "<p>shown</p>" in page
    assert "data:image/png;base64" in page
    assert "an empty figure" in page
    assert "<script>evil()" not in page
    assert "onerror" not in page
    assert "javascript:evil" not in page
    for address in ("https://cdn", "http://cdn", "cdnjs", "unpkg", 'src="http'):
        assert address not in page  # it opens without a network


def test_a_home_folder_with_braces_and_spaces_is_no_format(project):
    home = project.root / "a {strange} home"
    run_notebook(
        project.settings(home=home), notebook=project.root / "notebooks/first.ipynb", stage="first"
    )
    assert (home / "latest" / "tiny" / "first.html").is_file()


def test_metadata_that_says_completed_is_not_believed():
    cell = {"cell_type": "code", "source": "x = 1", "outputs": [], "execution_count": None,
            "metadata": {"papermill": {"status": "completed"}}}  # fmt: skip
    assert "left early" in find_interruption([cell])
    assert find_interruption([{**cell, "execution_count": 3}]) is None


def test_the_kernel_is_this_python_with_the_projects_code(project):
    import sys

    project.notebook("alone", [
        "import os, sys\nimport tiny\nfrom coldframe.notebook import finish",
        "finish(product, python=sys.executable, tiny=tiny.__file__,"
        " home=os.environ['COLDFRAME_HOME'], cwd=os.getcwd())",
    ])  # fmt: skip
    result = run_notebook(
        project.settings(), notebook=project.root / "notebooks/alone.ipynb", stage="alone"
    ).result
    assert result == {
        "python": sys.executable, "tiny": str(project.root / "lib/tiny/__init__.py"),
        "home": str(project.home), "cwd": str(project.root / "notebooks"),
    }  # fmt: skip
    assert os.getcwd() != result["cwd"]  # noqa: PTH109
