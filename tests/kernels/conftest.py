import pytest
from kernels.kernel_cases import COLD, WARM, Kernel

from coldframe.kernels import ensure_server

PRELOAD = (
    *("numpy", "pandas", "matplotlib.pyplot", "ipykernel.kernelapp", "ipywidgets"),
    *("tqdm.notebook", "optuna", "plotly.io", "threadpoolctl", "coldframe.wording"),
)


@pytest.fixture
def address():
    """A server that listens."""
    return ensure_server(PRELOAD)


@pytest.fixture(params=[COLD, WARM])
def kind(request):
    return request.param


@pytest.fixture
def make_kernel(kind, tmp_path):
    """Start kernels of one kind; none of them outlives the test."""
    kernels = []

    def make(config=None, **options):
        options.setdefault("cwd", str(tmp_path))
        kernels.append(Kernel(kind, {"preload": list(PRELOAD)} | (config or {}), **options))
        assert kernels[-1].is_warm == (kind == WARM)
        return kernels[-1]

    yield make
    for kernel in kernels:
        kernel.close()


@pytest.fixture
def kernel(make_kernel):
    return make_kernel()
