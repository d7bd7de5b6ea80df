"""Imported by the fork server alone: makes the command line once, for all commands."""

from coldframe.cli.app import command

command()
