"""`reconduit sandbox` as a process: announces its port, serves, and goes when it is told to."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.fixtures.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.integration

_START = "import typer; from reconduit.commands.sandbox import sandbox; typer.run(sandbox)"


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    folders = ["--credentials", str(tmp_path / "credentials"), "--drops", str(tmp_path / "drops")]
    command = [sys.executable, "-c", _START, *folders, "--payments", "200", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONWARNINGS": "error"})


def test_serves_live_until_sigterm(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    process = start(tmp_path, "--port-file", str(port_file), "--live", "--no-faults")
    try:
        eventually(lambda: port_file.exists() or process.poll() is not None, lambda: "it neither serves nor ends")
        assert process.poll() is None, process.communicate()
        with httpx.Client(base_url=f"http://127.0.0.1:{int(port_file.read_text())}", trust_env=False, timeout=60) as client:
            assert client.get("/_sandbox/faults").json()["enabled"] is False
            first = len(client.get("/_sandbox/truth").json()["matches"])
            eventually(lambda: len(client.get("/_sandbox/truth").json()["matches"]) > first, lambda: "no payment came")
        assert len(list((tmp_path / "drops" / "camt").glob("camt_*.xml"))) == 14
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
        token = (tmp_path / "credentials" / "core" / "token").read_text(encoding="utf-8")
        assert token.encode() not in errors
        assert json.loads(errors.splitlines()[0])["event"] == "sandbox ready"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("arguments", "said"), [(("--as-of", "tomorrow"), b"as-of"), (("--payments", "5"), b"payments")])
def test_wrong_arguments_are_named(tmp_path: Path, arguments: tuple[str, ...], said: bytes) -> None:
    process = start(tmp_path, *arguments)
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    assert said in errors
