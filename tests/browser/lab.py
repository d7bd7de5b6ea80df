"""JupyterLab in a process of its own, and a browser that works in it as a person would."""

import contextlib
import secrets
import socket
import subprocess
import sys
import time
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 240  # seconds; a busy machine of two cores starts lab, browser and kernel at once
MENU = "//div[contains(@class, 'lm-MenuBar-itemLabel') and text()='Run']"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--window-size=1300,1400",
)  # fmt: skip


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve_lab(project, folder, variables):
    """Serve the project folder; yields the address of its notebooks."""
    port, token = free_port(), secrets.token_hex(16)
    places = {
        f"JUPYTER_{name}": str(folder / name)
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    } | {"JUPYTERLAB_SETTINGS_DIR": str(folder / "ls"), "IPYTHONDIR": str(folder / "ip"),
         "JUPYTERLAB_WORKSPACES_DIR": str(folder / "lw")}  # fmt: skip
    # asked whether one wants news, one would have to answer before the form is free
    news = folder / "ls" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", "--allow-root",
        f"--ServerApp.root_dir={project}", "--LabApp.news_url=None",
        "--ServerApp.jpserver_extensions={'ploomber': False}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=project, env=variables | places, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", server)
            yield lambda path: f"http://127.0.0.1:{port}/lab/tree/{path}?token={token}&reset"
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for(address, server):
    """Wait until the server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab ended; see lab.log"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    raise TimeoutError(address)


@contextlib.contextmanager
def open_browser(chromium, driver, folder):
    """Open a browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    browser.set_page_load_timeout(PATIENCE)
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """A notebook in JupyterLab."""

    def __init__(self, browser):
        self.browser = browser

    def until(self, condition):
        """Wait until `condition` is true; when it never is, tell what the page shows."""
        try:
            # an element may be drawn anew between being found and being read
            wait = WebDriverWait(
                self.browser, PATIENCE, ignored_exceptions=(StaleElementReferenceException,)
            )
            return wait.until(condition)
        except TimeoutException as error:
            shown = self.browser.find_element(By.TAG_NAME, "body").text
            told = error.msg or "what was waited for never came"
            raise TimeoutException(f"{told}; the page shows:\n{shown}") from None

    def find(self, selector):
        return self.until(
            expected_conditions.presence_of_element_located((By.CSS_SELECTOR, selector))
        )

    def click(self, by, selector):
        element = self.until(expected_conditions.presence_of_element_located((by, selector)))
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        self.until(expected_conditions.element_to_be_clickable((by, selector))).click()

    def open(self, address):
        """Open a notebook and wait for its kernel.

        JupyterLab calls a notebook idle already before it has asked for the kernel; cells run then
        bring up a dialog that asks which kernel is meant.
        """
        self.browser.get(address)
        self.find(".jp-Notebook .jp-Cell")
        self.until(
            lambda b: b.execute_script("return !document.querySelector('#jupyterlab-splash')")
        )
        self.until(lambda _: self.find(".jp-KernelName").text not in ("", "No Kernel"))
        self.find(".jp-Notebook-ExecutionIndicator[data-status='idle']")

    def run_all(self, until):
        """Run all cells through the menu, until `until` is shown and the kernel rests.

        JupyterLab draws only the cells near the window, so the prompts of others tell nothing.
        """
        for _ in range(5):  # a menu opened while JupyterLab is still starting does nothing
            # one left open covers the bar; a page that is still being drawn moves away
            with contextlib.suppress(
                ElementClickInterceptedException, StaleElementReferenceException
            ):
                self.click(By.XPATH, MENU)
                self.click(By.CSS_SELECTOR, "[data-command='runmenu:run-all']")
            if self.has_begun():
                break
            self.leave_dialog()
            self.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
        self.until(lambda _: self.scroll_to(until))
        self.find(".jp-Notebook-ExecutionIndicator[data-status='idle']")

    def leave_dialog(self):
        """Answer a dialog that came in between as one does who did not ask for it."""
        for button in self.browser.find_elements(By.CSS_SELECTOR, ".jp-Dialog .jp-mod-reject"):
            button.click()

    def has_begun(self, seconds=15):
        """Tell whether a cell waits or was executed: its prompt is no longer empty."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            prompts = self.browser.execute_script(
                "return [...document.querySelectorAll('.jp-InputPrompt')].map(p => p.innerText)"
            )
            if any(prompt.strip("[]: \u00a0") for prompt in prompts):
                return True
            time.sleep(0.2)
        return False

    def scroll_to(self, selector):
        """Go on by half a window, from the end back to the beginning, until `selector` is drawn."""
        return self.browser.execute_script(
            """
            if (document.querySelector(arguments[0])) return true;
            const panel = document.querySelector('.jp-WindowedPanel-outer');
            const end = panel.scrollTop + panel.clientHeight + 2 >= panel.scrollHeight;
            panel.scrollTop = end ? 0 : panel.scrollTop + panel.clientHeight / 2;
            return false;
            """,
            selector,
        )

    def wait_for_text(self, selector, text):
        self.until(lambda _: text in self.find(selector).text)
        return self.find(selector).text
