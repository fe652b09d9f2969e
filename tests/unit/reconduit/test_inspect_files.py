"""`reconduit inspect`: the JSON contract, the exit status, and what a person sees."""

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from reconduit.errors import SettingsError
from reconduit.inspecting.run import run_inspect

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "json" / "inspect.schema.json").read_text(encoding="utf-8"))

PROVED = """:20:X
:25:DE99
:28C:7/1
:60F:C260101EUR10,
:61:2601020102C5,NTRFREF1//B1
:86:hello [bold]world[/bold]
:62F:C260102EUR15,
-
"""
BAI2 = (
    "01,A,B,260103,0400,1,,,2/\n02,B,A,1,260102,2359,USD,2/\n03,77,,010,0,,,015,500,,/\n16,195,500,Z,B1,C1,Rent/\n"
    "49,1000,3/\n98,1000,1,5/\n99,1000,1,7/\n"
)
OFX = (
    "OFXHEADER:100\nVERSION:102\n\n<OFX><STMTRS><BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>"
    "<STMTTRN><DTPOSTED>20260102<TRNAMT>-1.00<FITID>F</STMTTRN></BANKTRANLIST></STMTRS></OFX>"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "proved.sta": PROVED,
        "failed.sta": PROVED.replace("EUR15,", "EUR16,"),
        "bad.sta": PROVED.replace(":62F:", ":61:garbage\n:62F:"),
        "report.bai": BAI2,
        "bank.ofx": OFX,
        "cut.ofx": OFX[:-6],
        "letter.txt": "Dear customer,\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def inspect(capsys, *files: str, status: int, entries: bool = False, currency: str | None = None) -> list[dict]:
    assert run_inspect(files, json="-", entries=entries, currency=currency) == status
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_proved_file(folder, capsys):
    (found,) = inspect(capsys, "proved.sta", status=0)
    assert found == {
        "file": "proved.sta",
        "format": "mt940",
        "version": "MT940",
        "statements": [
            {
                "account": "DE99", "currency": "EUR", "number": 7,
                "opening": {"amount_minor": 1000, "date": "2026-01-01"}, "closing": {"amount_minor": 1500, "date": "2026-01-02"},
                "entries": 1, "details": 0, "credit_minor": 500, "debit_minor": 0, "proof": "proved", "findings": [],
            }
        ],
        "quarantined": [],
    }  # fmt: skip


def test_a_failed_proof_is_status_1_with_its_finding(folder, capsys):
    (found,) = inspect(capsys, "failed.sta", status=1)
    (statement,) = found["statements"]
    assert statement["proof"] == "failed"
    assert [finding["code"] for finding in statement["findings"]] == ["balance_mismatch"]


def test_quarantine_is_status_1_also_when_the_proof_holds(folder, capsys):
    (found,) = inspect(capsys, "bad.sta", status=1)
    assert found["statements"][0]["proof"] == "proved"
    (quarantined,) = found["quarantined"]
    assert quarantined["position"] == "7"
    assert quarantined["reason"].startswith("malformed_statement_line: ")


@pytest.mark.parametrize("name", ["letter.txt", "cut.ofx", "missing.sta", "."])
def test_what_is_not_readable_is_status_2_and_has_no_statements(folder, capsys, name):
    (found,) = inspect(capsys, name, status=2)
    assert found["statements"] == []
    assert [quarantined["position"] for quarantined in found["quarantined"]] == ["file"]


def test_several_files_have_the_worst_status(folder, capsys):
    found = inspect(capsys, "proved.sta", "failed.sta", "letter.txt", "report.bai", status=2)
    assert [file["format"] for file in found] == ["mt940", "mt940", None, "bai2"]
    assert found[3]["statements"][0]["proof"] == "proved"


def test_nothing_to_prove_is_status_0_and_the_currency_can_be_given(folder, capsys):
    (found,) = inspect(capsys, "bank.ofx", status=0)
    assert (found["statements"][0]["proof"], found["statements"][0]["currency"]) == ("not provable", "XXX")
    (found,) = inspect(capsys, "bank.ofx", status=0, currency="INR")
    assert (found["statements"][0]["currency"], found["statements"][0]["findings"]) == ("INR", [])
    with pytest.raises(SettingsError, match="currency"):
        run_inspect(["bank.ofx"], json="-", entries=False, currency="rupee")


def test_entries_are_added_when_asked_for(folder, capsys):
    (found,) = inspect(capsys, "report.bai", status=0, entries=True)
    (entry,) = found["statements"][0]["entry_list"]
    assert (entry["amount_minor"], entry["direction"], entry["booking_date"], entry["position"]) == (
        500,
        "CREDIT",
        "2026-01-02",
        "4",
    )


def test_standard_input(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PROVED.encode())))
    assert inspect(capsys, "-", status=0)[0]["file"] == "stdin"
    with pytest.raises(SettingsError, match="standard input"):
        run_inspect(["-", "-"], json=None, entries=False, currency=None)


def test_the_table_shows_proofs_entries_and_problems_and_takes_no_markup_from_files(folder, capsys):
    assert run_inspect(["proved.sta", "failed.sta", "bad.sta", "letter.txt"], json="out.json", entries=False, currency=None) == 2
    shown = capsys.readouterr().out
    for expected in ("proved", "failed", "not readable", "Quarantined", "[bold]world[/bold]", "REF1", "15.00"):
        assert expected in shown
    jsonschema.validate(json.loads(Path("out.json").read_text(encoding="utf-8")), SCHEMA)


def test_json_that_cannot_be_written_is_named(folder):
    with pytest.raises(SettingsError, match="nowhere"):
        run_inspect(["proved.sta"], json="nowhere/out.json", entries=False, currency=None)


def following(number: int, opening: int, day: str) -> str:
    changes = {"7/1": f"{number}/1", "EUR15,": f"EUR{opening + 5},", "EUR10,": f"EUR{opening},", "C260102": f"C{day}"}
    text = PROVED
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def test_several_files_are_held_against_each_other(folder, capsys):
    for name, text in {
        "second.sta": following(8, 15, "260103"),
        "third.sta": following(9, 20, "260104"),
        "ninth.sta": following(15, 25, "260105"),
        "again.sta": PROVED.replace(":20:X", ":20:Y").replace("7/1", "70/1"),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")

    def codes(*files: str, status: int) -> list[list[str]]:
        found = inspect(capsys, *files, status=status)
        return [[finding["code"] for one in file["statements"] for finding in one["findings"]] for file in found]

    assert codes("third.sta", "proved.sta", "second.sta", status=0) == [[], [], []]
    assert codes("third.sta", "proved.sta", status=1) == [["balance_gap"], []]
    assert codes("third.sta", "ninth.sta", status=0) == [[], ["sequence_gap"]]
    assert codes("proved.sta", "again.sta", status=0) == [[], ["repeated_statement"]]


def test_members_of_an_archive_are_files_of_their_own(folder, capsys):
    with zipfile.ZipFile("drop.zip", "w") as archive:
        archive.write("proved.sta", "jan/proved.sta")
        archive.write("letter.txt")
    (folder / "report.gz").write_bytes(gzip.compress(BAI2.encode()))
    assert run_inspect(["drop.zip", "report.gz"], json="-", entries=False, currency=None) == 2
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert [(one["file"], one["format"]) for one in document] == [
        ("drop.zip!jan/proved.sta", "mt940"),
        ("drop.zip!letter.txt", None),
        ("report.gz!report", "bai2"),
    ]
    assert [statement["proof"] for one in document for statement in one["statements"]] == ["proved", "proved"]


def test_a_hostile_archive_is_one_file_that_is_not_readable(folder, capsys):
    with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write("proved.sta")
        archive.writestr("zeros", bytes(20 << 20))
    assert run_inspect(["bomb.zip"], json="-", entries=False, currency=None) == 2
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["file"], told["statements"]) == ("bomb.zip", [])
    assert "times its size" in told["quarantined"][0]["reason"]
