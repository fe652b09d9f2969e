"""`Stop` in a process of its own, since it takes over the process's signals."""

import signal
import subprocess
import sys
import time

import pytest

CODE = """
import time
from reconduit.signals import Stop
stop = Stop()
print("ready", stop(), flush=True)
told = stop.wait(600)
print(told, stop(), flush=True)
time.sleep(0.05)
print("finished its step", stop.wait(600), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_wakes_the_wait_and_nothing_else(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready False\n"
        process.send_signal(number)
        time.sleep(0.02)
        process.send_signal(number)  # a second one does not interrupt the step either
        output, _ = process.communicate(timeout=120)
    assert output == "True True\nfinished its step True\n"
    assert process.returncode == 0


def test_without_a_signal_the_wait_ends_by_itself() -> None:
    code = "from reconduit.signals import Stop\nstop = Stop()\nprint(stop.wait(0.01), stop())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "False False\n"
