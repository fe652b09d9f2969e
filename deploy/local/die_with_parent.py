"""Run a command that the kernel kills when its parent dies: `setpriv --pdeathsig KILL` for machines without setpriv.

usage: python -I die_with_parent.py PARENT_PID COMMAND [ARGUMENT...]

It is run by its path, so it imports nothing of ours. Linux only: elsewhere it runs the command unprotected.
"""

import ctypes
import os
import signal
import sys

__all__: list[str] = []

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGKILL at the parent's death, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before we could ask
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command is ours, there is no shell


if __name__ == "__main__":
    main()
