"""Run the command line as ``python -m simulate``."""

from simulate.cli import main

main()
