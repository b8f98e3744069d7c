"""The command line: one file for each command, one library call in each."""

from geoprox.cli.main import app, main

__all__ = ["app", "main"]
