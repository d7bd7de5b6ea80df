"""The graph of stages: what is due, running notebooks, receipts.

The only package that knows Ploomber and Papermill. Importing it imports neither.
"""

from coldframe.pipeline.build import build
from coldframe.pipeline.execution import Execution
from coldframe.pipeline.receipts import Inputs, Receipt
from coldframe.pipeline.report import BuildReport, StageReport
from coldframe.pipeline.running import run_notebook

__all__ = [
    "BuildReport", "Execution", "Inputs", "Receipt", "StageReport", "build", "run_notebook",
]  # fmt: skip
