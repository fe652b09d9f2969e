"""The sandbox's statement files: what the product's own parsers read from them is what the world says, balances included."""

import datetime as dt
import io
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import camt053, mt940
from producers.formats.contract import BadEntry, Entry, Event, Finding, StatementEnd
from producers.sandbox import camt_writer, mt940_writer
from producers.sandbox.accounts import account_of
from producers.sandbox.drops import write_drops
from producers.sandbox.model import BankLine
from producers.sandbox.statements import DayStatement, daily_statements
from producers.sandbox.world import SeededWorld
from schemas.records import Proof

AS_OF = dt.date(2026, 1, 8)  # the fourteen days include the turn of the year
NOW = dt.datetime(2026, 1, 8, tzinfo=dt.UTC)
PARSERS = {"camt": camt053.parse, "mt940": mt940.parse}
WRITERS = {"camt": camt_writer.camt053, "mt940": mt940_writer.mt940}


def parse(bank: str, content: bytes) -> list[Event]:
    return list(PARSERS[bank](io.BytesIO(content)))


@pytest.fixture(scope="module")
def world() -> SeededWorld:
    return SeededWorld(5, AS_OF, 600)


@pytest.fixture(scope="module")
def drops(world: SeededWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drops")
    write_drops(world, folder, AS_OF, NOW)
    return folder


def told(line: BankLine) -> tuple[object, ...]:
    return (line.line_id, line.amount_minor, line.direction, line.booked_at.date(), line.value_date, line.reference)


def read(entry: Entry) -> tuple[object, ...]:
    reference = entry.end_to_end_id or entry.customer_reference
    return (entry.bank_reference, entry.amount_minor, entry.direction, entry.booking_date, entry.value_date, reference)


@pytest.mark.parametrize("bank", PARSERS)
def test_files_tell_every_line_of_the_account_and_prove(world: SeededWorld, drops: Path, bank: str) -> None:
    account = account_of(bank)
    entries, closings = [], {}
    for path in (drops / bank).glob(f"{bank}_*"):
        events = parse(bank, path.read_bytes())
        assert not [event for event in events if isinstance(event, BadEntry | Finding)]
        (end,) = [event for event in events if isinstance(event, StatementEnd)]
        assert end.proof is Proof.PROVED
        assert (end.start.account_id, end.start.currency) == (account.account_id, account.currency)
        closings[end.closing.date] = (end.opening.amount_minor, end.closing.amount_minor)
        entries += [event for event in events if isinstance(event, Entry)]
    lines = world.bank_lines(bank, account.account_id, NOW)
    assert Counter(map(read, entries)) == Counter(map(told, lines))
    days = [closings[day] for day in sorted(closings)]
    assert len(days) == 14
    assert days[0][0] == account.opening_minor
    assert all(today[1] == tomorrow[0] for today, tomorrow in pairwise(days))


@pytest.mark.parametrize("bank", PARSERS)
def test_bank_references_are_unique(world: SeededWorld, bank: str) -> None:
    lines = world.bank_lines(bank, account_of(bank).account_id, NOW)
    assert len({line.line_id for line in lines}) == len(lines)
    assert all(len(line.line_id) <= 16 and len(line.reference or "") <= 16 for line in lines)


@pytest.mark.parametrize("bank", PARSERS)
def test_deliveries_have_their_accidents(drops: Path, bank: str) -> None:
    files = {path.name: path.read_bytes() for path in (drops / bank).iterdir()}
    (resent,) = [name for name in files if name.startswith("resend_")]
    assert files[resent] == files[resent.removeprefix("resend_")]
    (unfinished,) = [name for name in files if name.endswith(".part")]
    whole = files[unfinished.removeprefix("again_").removesuffix(".part")]
    assert whole.startswith(files[unfinished])
    assert len(files[unfinished]) < len(whole)


def test_the_broken_file_is_refused_and_holds_no_entry(drops: Path) -> None:
    (broken,) = (drops / "camt").glob("broken_*")
    with pytest.raises(FileFormatError):
        parse("camt", broken.read_bytes())
    assert b"</Ntry>" not in broken.read_bytes()


def test_one_statement_is_delivered_late(world: SeededWorld, tmp_path: Path) -> None:
    order = [path for path in write_drops(world, tmp_path, AS_OF, NOW) if path.name.startswith("mt940_")]
    assert [path.name for path in order] != sorted(path.name for path in order)
    assert order[-1].name < order[-2].name


def test_a_statement_is_not_there_before_its_day_ends(world: SeededWorld) -> None:
    noon = NOW - dt.timedelta(hours=12)
    (today,) = daily_statements(world, "camt", AS_OF, noon)[-1:]
    assert not today.lines


lines = st.builds(
    lambda number, credit, amount, lag, reference, text: BankLine(
        line_id=f"L{number:09d}",
        account_id="GB29NWBK60161331926819",
        booked_at=dt.datetime(2026, 12, 31, 9, tzinfo=dt.UTC),
        value_date=dt.date(2026, 12, 31) + dt.timedelta(days=lag),
        amount_minor=amount,
        currency="GBP",
        direction="CREDIT" if credit else "DEBIT",
        channel="ONLINE",
        narration=text,
        reference=reference,
        balance_after_minor=0,
        counterparty_name="ACME LTD",
        visible_at=dt.datetime(2026, 12, 31, 22, tzinfo=dt.UTC),
    ),
    st.integers(0, 10**9 - 1),
    st.booleans(),
    st.integers(1, 10**13),
    st.integers(-2, 3),
    st.none() | st.from_regex(r"[A-Z][A-Z0-9]{3,14}", fullmatch=True).filter(lambda text: text not in {"NONREF", "NULL", "NONE"}),
    st.from_regex(r"[A-Z][A-Za-z0-9 :\-/]{0,200}[A-Z]", fullmatch=True),
)


@pytest.mark.parametrize("bank", PARSERS)
@given(listed=st.lists(lines, max_size=4), opening=st.integers(-(10**12), 10**12))
def test_whatever_is_written_is_read_back(bank: str, listed: list[BankLine], opening: int) -> None:
    closing = opening + sum(line.amount_minor if line.direction == "CREDIT" else -line.amount_minor for line in listed)
    statement = DayStatement("GB29NWBK60161331926819", "GBP", dt.date(2026, 12, 31), opening, closing, listed)
    events = parse(bank, WRITERS[bank](statement))
    assert [read(event) for event in events if isinstance(event, Entry)] == [told(line) for line in listed]
    (end,) = [event for event in events if isinstance(event, StatementEnd)]
    assert end.proof is Proof.PROVED
    assert (end.opening.amount_minor, end.closing.amount_minor) == (opening, closing)
