import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from deploy.errors import DeployError, ServiceUnavailableError
from deploy.local import supervisor
from deploy.local.supervisor import Daemon, running
from tests.fixtures.waiting import PATIENCE_SECONDS

SLEEP = [sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(600)"]
DEAF = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"]
PARENT = """
import sys, time
from pathlib import Path
from deploy.local.supervisor import Daemon
log = Path(sys.argv[1])
sleeper = "import time; print('hello', flush=True); time.sleep(600)"
# Ready only when it runs: before that the bond to its parent may not be tied yet.
daemon = Daemon("sleeper", [sys.executable, "-c", sleeper], log=log, ready=lambda: log.exists() and "hello" in log.read_text())
daemon.start()
print(daemon.process.pid, flush=True)
time.sleep(120)
"""


def says(log: Path, word: str) -> bool:
    return log.exists() and word in log.read_text()


def test_it_is_ready_when_it_says_so_and_its_output_is_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    daemon = Daemon("sleeper", SLEEP, log=log, ready=lambda: says(log, "hello"), clean_exit=-15)
    with running([daemon]):
        assert daemon.process is not None
        child = psutil.Process(daemon.process.pid)
        assert log.read_text() == "hello\n"
    assert not child.is_running()


@pytest.mark.parametrize("wrapper", ["setpriv", "die_with_parent.py"])
def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path, wrapper: str) -> None:
    program = PARENT
    if wrapper != "setpriv":
        program = f"import shutil\nshutil.which = lambda name: None\n{PARENT}"
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.communicate()
    child.wait(timeout=PATIENCE_SECONDS)


def test_a_child_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    daemon = Daemon("sleeper", SLEEP, log=log, ready=lambda: says(log, "hello"), clean_exit=-15)
    thread = threading.Thread(target=daemon.start)
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert daemon.running()
    daemon.halt()


def test_one_that_does_not_heed_the_signal_is_killed_in_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    daemon = Daemon("deaf", DEAF, log=log, ready=lambda: says(log, "deaf"), stop_seconds=1)
    daemon.start()
    assert daemon.process is not None
    child = psutil.Process(daemon.process.pid)
    daemon.halt()
    assert not child.is_running()


def test_one_that_ends_by_itself_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('port is taken')"]
    daemon = Daemon("broker", command, log=tmp_path / "log", ready=lambda: False)
    with pytest.raises(DeployError, match=r"(?s)broker ended with status 1.*port is taken"):
        daemon.start()


def test_one_that_is_never_ready_is_reported_and_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    daemon = Daemon("broker", SLEEP, log=log, ready=lambda: False, start_seconds=3)
    with pytest.raises(ServiceUnavailableError, match=r"(?s)not ready within 3 s.*hello"):
        daemon.start()
    assert not daemon.running()


def test_when_one_does_not_start_the_others_are_stopped(tmp_path: Path) -> None:
    good = Daemon("good", SLEEP, log=tmp_path / "good", ready=lambda: True, clean_exit=-15)
    bad = Daemon("bad", [sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "bad", ready=lambda: False)
    with pytest.raises(DeployError, match="bad ended with status 3"), running([good, bad]):
        pytest.fail("it must not get here")
    assert not good.running()


def test_another_account_needs_setpriv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor.shutil, "which", lambda name: None)
    with pytest.raises(DeployError, match="setpriv"):
        supervisor.bound_to_parent(["true"], account=(1, 1))
