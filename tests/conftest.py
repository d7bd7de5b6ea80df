"""What holds for every test: fork servers of their own, which end with the tests."""

import os
import signal

import hypothesis
import pytest

from coldframe.kernels import Address, UnavailableError, ask

# how long an example takes says how busy the machine is, and no test is timed
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard():
    """Hear SIGINT: a shell lets what it starts in the background ignore it, and so its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _servers_of_their_own(tmp_path_factory):
    """Keep what this session's servers and kernels write to be found in a folder of its own.

    Its fork servers are stopped at the end.
    """
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        # connection files, which tests count, and of which another process of tests has its own
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "jupyter"))
        os.environ.pop("COLDFRAME_WARM_KERNELS", None)
        yield
        for path in folder.glob("*/*.sock"):
            try:
                ask(Address(path.parent, path.stem), "stop", now=True)
            except UnavailableError:
                continue
