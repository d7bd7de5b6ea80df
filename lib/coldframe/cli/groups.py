"""A group of commands of which one is what people mean when they name none."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class ShownFirst(TyperGroup):
    """A group whose command `show` need not be named: what it takes is never a command's name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` before what is neither a command nor a question for help."""
        if not args or args[0] not in {*self.commands, "-h", "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)
