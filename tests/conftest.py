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
    """Keep the sockets of this session's fork servers in a folder of its own; stop them all."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        os.environ.pop("COLDFRAME_WARM_KERNELS", None)
        yield
        for path in folder.glob("*/*.sock"):
            try:
                ask(Address(path.parent, path.stem), "stop", now=True)
            except UnavailableError:
                continue
