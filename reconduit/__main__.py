"""`python -m reconduit`: the command line."""

from reconduit.cli import main

main()
