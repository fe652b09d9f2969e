import copy
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[3]
OURS = "reconduit"
SCHEMA = json.loads(Path(__file__).with_name("compose_subset.schema.json").read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(document, dict)
    return document


def problems(document: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(document)]


def test_it_is_as_the_specification_says(compose: dict[str, Any]) -> None:
    assert problems(compose) == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("api", "portz", ["127.0.0.1:8080:8080"]),
        ("api", "restart", "sometimes"),
        ("kafka", "healthcheck", {"test": ["CMD", "true"], "interval": "10"}),
        ("consume", "depends_on", {"kafka": {"condition": "service_ready"}}),
        ("produce-hdfc", "ports", ["127.0.0.1:1:1"]),
    ],
)
def test_a_mistake_is_found(compose: dict[str, Any], service: str, key: str, value: object) -> None:
    wrong = copy.deepcopy(compose)
    wrong["services"][service][key] = value
    assert problems(wrong) != []


def test_docker_itself_accepts_it() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("docker compose is not installed")
    environment = {**os.environ, "POSTGRES_PASSWORD": "x", "RECONDUIT_API_TOKEN": "x"}
    done = subprocess.run(
        [docker, "compose", "-f", str(ROOT / "docker-compose.yml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_command_of_ours_exists(compose: dict[str, Any]) -> None:
    from typer.main import get_command

    from reconduit.cli import app

    known = get_command(app).commands  # type: ignore[attr-defined]
    ours = {name: s for name, s in compose["services"].items() if s["image"] == OURS and "entrypoint" not in s}
    assert len(ours) >= 13
    for name, service in ours.items():
        command, *arguments = service["command"]
        assert command in known, f"{name}: reconduit has no command {command}"
        context = known[command].make_context(command, list(arguments), resilient_parsing=False)
        assert context is not None


def test_there_is_a_producer_for_every_source_of_the_demo(compose: dict[str, Any]) -> None:
    sources = yaml.safe_load((ROOT / "deploy" / "demo" / "sources.yaml").read_text())["sources"]
    produced = {s["command"][1] for s in compose["services"].values() if s.get("command", [""])[0] == "produce"}
    assert produced == {source["name"] for source in sources}


def test_the_demo_finds_the_servers_at_the_addresses_of_its_sources_file(compose: dict[str, Any]) -> None:
    text = (ROOT / "deploy" / "demo" / "sources.yaml").read_text()
    ports = {int(port) for port in re.findall(r"base_url: \w+://(?:\w+@)?127\.0\.0\.1:(\d+)", text)}
    users = set(re.findall(r"sftp://(\w+)@", text))
    served = compose["services"]["sandbox"]["command"] + compose["services"]["sftp"]["command"]
    assert {str(port) for port in ports} <= set(served)
    assert users <= set(served)


def test_dependencies_volumes_and_networks_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, f"{name} waits for {needed}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for the health of {needed}, which has no check"
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]
        if "network_mode" in service:
            assert service["network_mode"].removeprefix("service:") in services


def test_integrations_are_supervised_without_polling_the_demo_twice(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from reconduit.integrations.known_sources import file_sources
    from reconduit.settings import load_settings

    environment = compose["services"]["supervise"]["environment"]
    monkeypatch.setenv("RECONDUIT_SOURCES", environment["RECONDUIT_SOURCES"])
    assert file_sources(load_settings().sources_file) == []
    opening = {"RECONDUIT_VAULT_KEYS", "RECONDUIT_TOKEN_JOURNAL"}
    assert opening <= environment.keys() & compose["services"]["api"]["environment"].keys()


def test_nothing_is_published_beyond_this_machine(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8080:8080"]


def test_no_secret_is_written_in_it() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"PASSWORD: (?!\$\{POSTGRES_PASSWORD:\?)", text) == []
    assert re.findall(r"TOKEN: (?!\$\{RECONDUIT_API_TOKEN:\?)", text) == []


def test_our_containers_have_no_privileges(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if service["image"] == OURS:
            assert service["cap_drop"] == ["ALL"], name
            assert service["read_only"] is True, name
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert re.search(r"^USER reconduit$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile


def test_the_image_has_every_package_and_the_mounts_of_its_volumes(compose: dict[str, Any]) -> None:
    kept = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages <= kept
    mounts = {
        volume.split(":")[1]
        for service in compose["services"].values()
        if service["image"] == OURS
        for volume in service.get("volumes", [])
    }
    made = re.search(r"install -d .*?((?:/\w+ ?)+)$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert made is not None
    assert mounts <= set(made.group(1).split())
