import os
import subprocess
import sys

import pytest

from reconduit.errors import SettingsError
from reconduit.faultpoint import faultpoint

CODE = "from reconduit.faultpoint import faultpoint\nfor n in range(3):\n    print(n, flush=True)\n    faultpoint('here')"


@pytest.mark.parametrize(
    ("fault", "status", "output"),
    [("here:2", 137, "0\n1\n"), ("there:1,here:1", 137, "0\n"), ("there:1", 0, "0\n1\n2\n"), ("", 0, "0\n1\n2\n")],
)
def test_dies_at_the_nth_hit(fault: str, status: int, output: str) -> None:
    environment = os.environ | {"RECONDUIT_FAULT": fault}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (status, output)


def test_a_wrong_form_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_FAULT", "here")
    with pytest.raises(SettingsError, match="name:n"):
        faultpoint("here")
