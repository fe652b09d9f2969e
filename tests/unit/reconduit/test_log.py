import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from reconduit.errors import SettingsError
from reconduit.log import configure_logging, mask


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_lines_are_json_on_stderr_with_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("produce", source="acme")
    structlog.get_logger("kit").info("page", fetched=3)
    logging.getLogger("library").warning("odd: %s", "thing")
    logging.getLogger("httpx").info("GET https://bank/?key=hidden")
    structlog.get_logger("kit").debug("unseen")
    first, second = lines(capsys)
    assert first | {"time": ""} == {
        "event": "page", "fetched": 3, "level": "info", "logger": "kit", "process": "produce", "source": "acme", "time": "",
    }  # fmt: skip
    assert (second["event"], second["process"]) == ("odd: thing", "produce")


def test_secrets_are_masked_wherever_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("produce")
    structlog.get_logger("kit").warning(
        "call",
        access_token="abc-1",
        headers={"Authorization": "Bearer abc-2", "X-API-Key": "abc-3", "Accept": "json"},
        nested=[{"client-secret": "abc-4"}, SecretStr("abc-5")],
        database_password="abc-6",
    )
    text = capsys.readouterr().err
    assert "abc-" not in text
    assert json.loads(text)["headers"]["Accept"] == "json"


def test_tracebacks_hold_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("produce")

    def fail(payload: str) -> None:
        raise KeyError("amount")

    try:
        fail("abc-" + "7")
    except KeyError:
        structlog.get_logger("kit").exception("failed")
    (line,) = lines(capsys)
    assert "KeyError" in str(line["exception"])
    assert "abc-7" not in str(line)


def test_a_level_that_is_none_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="RECONDUIT_LOG_LEVEL"):
        configure_logging("produce", "LOUD")


def test_mask_leaves_the_rest_alone() -> None:
    assert mask({"a": [1, {"b": None}], "password": 1}) == {"a": [1, {"b": None}], "password": "***"}
