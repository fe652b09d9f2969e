"""Answers of token endpoints on this machine's disk: sealed, found by their attempt, forgotten by integration."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from reconduit.authorisation.errors import ClientSettingsError
from reconduit.authorisation.journal import AnswerJournal, JournalSettings
from reconduit.authorisation.token_answer import Answer
from tests.fixtures.vault_keys import StaticKeys

ONE, OTHER, ATTEMPT, LATER = (UUID(int=number) for number in range(1, 5))
ANSWER = Answer(200, b'{"refresh_token": "canary \xff"}')


@pytest.fixture
def journal(tmp_path: Path) -> AnswerJournal:
    return AnswerJournal(tmp_path / "journal", StaticKeys({"k1": b"1" * 32}))


def test_an_answer_is_found_byte_for_byte_by_its_attempt_alone(journal: AnswerJournal, tmp_path: Path) -> None:
    journal.keep("acme", ONE, ATTEMPT, ANSWER)
    assert journal.find("acme", ONE, ATTEMPT) == ANSWER
    for tenant, integration, attempt in (("beta", ONE, ATTEMPT), ("acme", OTHER, ATTEMPT), ("acme", ONE, LATER)):
        assert journal.find(tenant, integration, attempt) is None
    (path,) = (tmp_path / "journal").iterdir()
    assert b"canary" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    # Under the name of another attempt or integration it does not open.
    path.rename(path.with_name(f"{OTHER}.{ATTEMPT}.json"))
    assert journal.find("acme", OTHER, ATTEMPT) is None


@pytest.mark.parametrize(
    "content", ["", "{}", '{"key_id": "k1", "nonce": "zz", "ciphertext": ""}', '{"key_id": 1, "nonce": "", "ciphertext": ""}']
)
def test_a_file_that_cannot_be_read_is_no_answer(journal: AnswerJournal, tmp_path: Path, content: str) -> None:
    journal.keep("acme", ONE, ATTEMPT, ANSWER)
    (path,) = (tmp_path / "journal").iterdir()
    path.write_text(content)
    assert journal.find("acme", ONE, ATTEMPT) is None


def test_an_altered_file_does_not_open(journal: AnswerJournal, tmp_path: Path) -> None:
    journal.keep("acme", ONE, ATTEMPT, ANSWER)
    (path,) = (tmp_path / "journal").iterdir()
    row = json.loads(path.read_text())
    path.write_text(json.dumps(row | {"nonce": "00" * 12}))
    assert journal.find("acme", ONE, ATTEMPT) is None


def test_stored_tokens_clear_the_answers_of_their_integration_only(journal: AnswerJournal) -> None:
    for integration, attempt in ((ONE, ATTEMPT), (ONE, LATER), (OTHER, ATTEMPT)):
        journal.keep("acme", integration, attempt, ANSWER)
    journal.remove(OTHER, LATER)
    journal.clear(ONE)
    assert journal.find("acme", ONE, ATTEMPT) is journal.find("acme", ONE, LATER) is None
    assert journal.find("acme", OTHER, ATTEMPT) == ANSWER
    journal.remove(OTHER, ATTEMPT)
    assert journal.find("acme", OTHER, ATTEMPT) is None


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = AnswerJournal(tmp_path / "file" / "journal", StaticKeys({"k1": b"1" * 32}))
    assert not journal.is_writable()
    with pytest.raises(ClientSettingsError, match="RECONDUIT_TOKEN_JOURNAL"):
        journal.keep("acme", ONE, ATTEMPT, ANSWER)
    assert journal.find("acme", ONE, ATTEMPT) is None


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_TOKEN_JOURNAL", "/srv/journal")
    assert JournalSettings().folder == Path("/srv/journal")
