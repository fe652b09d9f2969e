"""`reconduit api` as an operator starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.fixtures.waiting import PATIENCE_SECONDS, eventually

TOKEN = "an-operator-s-token-" + "z" * 20
START = "from reconduit.commands.api import api; import typer; app = typer.Typer(); app.command()(api); app()"


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_serves_until_told_to_stop(database_url: str, tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    with start("--port", "0", "--port-file", str(port_file), DATABASE_URL=database_url, RECONDUIT_API_TOKEN=TOKEN) as process:
        try:
            eventually(lambda: port_file.exists() or process.poll() is not None, lambda: "it neither serves nor ends")
            base = f"http://127.0.0.1:{int(port_file.read_text())}"
            assert httpx.get(f"{base}/readyz", timeout=60).status_code == 200
            answer = httpx.get(f"{base}/v1/summary", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
            assert (answer.status_code, answer.json()["reconciliations"]) == (200, [])
            assert "server" not in answer.headers
            page = httpx.get(f"{base}/", headers={"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}, timeout=60)
            assert "Nothing has been reconciled yet." in page.text
            httpx.get(f"{base}/login", params={"ticket": "canary-in-address"}, timeout=60)
        finally:
            process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE_SECONDS)
    assert "listening" in log
    assert TOKEN not in log and "canary-in-address" not in log
    assert database_url.split(":")[2].split("@")[0] not in log


def test_it_refuses_to_serve_everybody_without_a_token() -> None:
    for arguments, reason in (((), "--no-auth"), (("--no-auth", "--host", "0.0.0.0"), "other machines")):
        with start("--port", "0", *arguments) as process:
            _, log = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode != 0
        assert reason in log


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port), RECONDUIT_API_TOKEN=TOKEN) as process:
            _, log = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    assert f"127.0.0.1:{port}" in log and "--port" in log
