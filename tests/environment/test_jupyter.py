"""JupyterLab works beside ploomber, in whatever way it is started inside the environment.

ploomber's server extension is made for notebook 6; under Jupyter Server 2 every request for a
file's contents answers 500. `jupyter/server.json` turns it off, and the wheel (also an editable
one) puts that file where Jupyter looks.
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
STARTS_WITHIN_SECONDS = 120


@contextlib.contextmanager
def start_lab(tmp_path, *options):
    """Start JupyterLab on a free port, away from the user's own settings; yield a reader."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    private = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    private += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    folders = {name: str(tmp_path / name.lower()) for name in private}
    root = tmp_path / "notebooks"
    root.mkdir()
    (root / "stage.ipynb").write_text(json.dumps(NOTEBOOK))
    options = [*options, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    options += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    log_path = tmp_path / "lab.log"
    with log_path.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", *options],
            env={**os.environ, **folders},
            stdout=log,
            stderr=log,
        )

    def read(path):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"token {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    try:
        for _ in range(STARTS_WITHIN_SECONDS * 10):
            assert server.poll() is None, log_path.read_text()
            with contextlib.suppress(OSError):
                read("/api/status")
                break
            time.sleep(0.1)
        else:
            pytest.fail(log_path.read_text())
        yield read
    finally:
        server.terminate()
        server.wait(30)


def test_lab_opens_a_notebook(tmp_path):
    with start_lab(tmp_path) as read:
        status, body = read("/api/contents/stage.ipynb?content=1")
        assert status == 200, body
        assert json.loads(body)["content"] == NOTEBOOK
        assert read("/lab")[0] == 200
        # nothing is asked of the network on behalf of the user
        status, body = read("/lab/api/settings/@jupyterlab/apputils-extension:notification")
        assert status == 200
        defaults = json.loads(body)["schema"]["properties"]
        assert defaults["checkForUpdates"]["default"] is False
        assert defaults["fetchNews"]["default"] == "false"


def test_lab_fails_with_ploombers_extension_which_is_why_it_is_off(tmp_path):
    turned_on = "--ServerApp.jpserver_extensions={'ploomber': True}"
    with start_lab(tmp_path, turned_on) as read:
        assert read("/api/contents/stage.ipynb?content=1")[0] == 500
