"""The command line: reads what the other layers say and shows it; decides nothing itself."""

from coldframe.cli.app import main

__all__ = ["main"]
