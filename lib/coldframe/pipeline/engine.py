"""Papermill's way to execute a notebook, but for how often it writes the file.

Papermill writes the whole notebook before and after every cell, prose included: a fifth of what a
short notebook costs. Ours writes it when it begins, then once a second at most, and when its
kernel is lost; a notebook that came to its end papermill writes itself. A build that is killed
leaves all but the cells of its last second.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

ENGINE = "coldframe"
SAVE_SECONDS = 1.0


class SparingManager(NotebookExecutionManager):  # type: ignore[misc]  # papermill ships no types
    """Keeps the state of a notebook that is being executed."""

    def save(self, **options: Any) -> None:
        """Write the notebook, unless that was done a moment ago."""
        if (self.now() - self.last_save_time).total_seconds() >= SAVE_SECONDS:
            super().save(**options)

    def notebook_start(self, **options: Any) -> None:
        """Forget what earlier executions left, and write that."""
        super().notebook_start(**options)
        super().save()

    def notebook_complete(self, **options: Any) -> None:
        """Note that it came to its end, which papermill writes itself."""
        self.last_save_time = self.now()
        super().notebook_complete(**options)

    def notebook_lost(self) -> None:
        """Note that it did not come to its end, and write that."""
        self.notebook_complete()
        super().save()


class SparingEngine(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """Executes a notebook by nbclient, as papermill does."""

    @classmethod
    def execute_notebook(
        cls, nb: Any, kernel_name: str, output_path: str | None = None, **options: Any
    ) -> Any:
        """Execute `nb`, write it to `output_path`, return it.

        Raises
        ------
        Exception
            Whatever nbclient raises when a kernel is lost; a failed cell is in the notebook.
        """
        for name in ("progress_bar", "autosave_cell_every"):  # what is meant for the manager alone
            options.pop(name, None)
        manager = SparingManager(nb, output_path=output_path, progress_bar=False)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, **options)
        except BaseException:
            manager.notebook_lost()
            raise
        manager.notebook_complete()
        return manager.nb


papermill_engines.register(ENGINE, SparingEngine)
