import datetime as dt
from pathlib import Path

import pytest

from reconciler.errors import RulesError
from reconciler.reconciliation import Base, KeyField, Shape, Tolerance
from reconciler.rules import parse_reconciliation
from reconciler.types import Stage
from reconciler.yaml_nodes import Origin

MINIMAL = """name: books
version: 3
shape: statement
sides:
  - name: ledger
  - name: bank
"""
DEMO = Path(__file__).parents[3] / "deploy" / "demo" / "reconciliations"


def test_minimal_file_has_the_documented_defaults() -> None:
    rules = parse_reconciliation(MINIMAL, "books.yaml")
    assert (rules.name, rules.version, rules.shape, rules.side_names) == ("books", 3, Shape.STATEMENT, ("ledger", "bank"))
    assert rules.tolerance == Tolerance()
    assert rules.stages == (Stage.REFERENCE, Stage.TOLERANCE)
    assert (rules.calendar.grace, rules.calendar.weekend) == (1, frozenset({5, 6}))


def test_full_file() -> None:
    text = """
name: full
version: 1
shape: settlement
sides:
  - name: gateway
    sources: [razorpay, stripe]
    filter: {account: "rzp-*", not_account: [rzp-test], transaction_type: [PAYMENT, REFUND], channel: [UPI], direction: credit}
  - {name: bank, sources: [hdfc]}
tolerance:
  amount: {absolute_minor: {INR: 1_00, "*": 5}, ppm: 250, base: first}
  days: {before: 1, after: 3}
fees: {absolute_minor: {INR: 50}, ppm: 2000}
calendar: {weekend: [friday, saturday], holidays: [2026-01-26], grace: 2}
stages: [settlement]
csv:
  gateway: {id: Txn, amount: Amt, date_format: "%d/%m/%Y", decimal: ",", currency_code: INR}
"""
    rules = parse_reconciliation(text, "full.yaml")
    gateway = rules.sides[0].filter
    assert rules.key is KeyField.SETTLEMENT_ID
    assert rules.tolerance.base is Base.FIRST
    assert rules.tolerance.absolute_minor == {"INR": 100, "*": 5}
    assert rules.calendar.weekend == {4, 5}
    assert rules.calendar.holidays == {dt.date(2026, 1, 26)}
    assert rules.csv["gateway"].currency_code == "INR"
    assert gateway.accepts(account="rzp-main", transaction_type="REFUND", channel="UPI", direction=1)
    assert not gateway.accepts(account="rzp-test", transaction_type="REFUND", channel="UPI", direction=1)
    assert not gateway.accepts(account="rzp-main", transaction_type="FEE", channel="UPI", direction=1)
    assert not gateway.accepts(account="rzp-main", transaction_type="REFUND", channel="UPI", direction=-1)
    assert rules.side_of("hdfc", account="x", transaction_type="PAYOUT", channel="OTHER", direction=1) == 1
    assert rules.side_of("icici", account="x", transaction_type="PAYOUT", channel="OTHER", direction=1) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml:1: .*empty"),
        ("name: [", "x.yaml:1: .*no YAML"),
        ("- a", "x.yaml:1: the file must be a mapping"),
        (MINIMAL + "colour: red\n", "x.yaml:7: `colour` is not known in the file; allowed: name, version, "),
        (MINIMAL + "version: 4\n", "x.yaml:7: `version` is in the file twice"),
        (MINIMAL.replace("version: 3\n", ""), "x.yaml:1: the file needs `version`"),
        (MINIMAL.replace("3", "0"), "x.yaml:2: `version` must be a whole number from 1"),
        (MINIMAL.replace("3", "1.5"), "x.yaml:2: `version` must be a whole number"),
        (MINIMAL.replace("3", "true"), "x.yaml:2: `version` must be a whole number"),
        (MINIMAL.replace("statement", "fuzzy"), "x.yaml:3: `shape` is 'fuzzy'; allowed: keyed, settlement, statement"),
        (MINIMAL.replace("name: books", "name: Books!"), "x.yaml:1: `name` is 'Books!'"),
        (MINIMAL.replace("  - name: bank\n", ""), "x.yaml:5: `sides` has 1 sides; the statement shape takes 2"),
        (MINIMAL.replace("bank", "ledger"), "x.yaml:5: `sides` has two sides of the same name"),
        (MINIMAL + "key: reference_number\n", "x.yaml:7: `key` does not belong to the statement shape"),
        (MINIMAL + "stages: [key]\n", "x.yaml:7: an entry of `stages` is 'key'; allowed: reference, tolerance"),
        (MINIMAL + "stages: []\n", "x.yaml:7: `stages` must name each stage once"),
        (MINIMAL + "tolerance:\n  amount: {ppm: -1}\n", "x.yaml:8: `ppm` must be a whole number from 0 to 1000000, not -1"),
        (MINIMAL + "tolerance:\n  amount:\n    absolute_minor: {inr: 1}\n", "x.yaml:9: `inr` is no currency"),
        (
            MINIMAL + "tolerance:\n  amount:\n    ppm: 5\n    over: {ppm: 1}\n",
            "x.yaml:9: `ppm` contradicts `over`: it holds in both directions",
        ),
        (MINIMAL + "tolerance:\n  amount:\n    ppm: {inr: 5}\n", "x.yaml:9: `inr` is no currency"),
        (MINIMAL + "tolerance:\n  amount:\n    absolute_minor: {EUR: 5}\n", "x.yaml:9: `EUR` is no currency"),
        (MINIMAL + "tolerance: {days: {business: 1}}\n", "x.yaml:7: `business` must be true or false"),
        (MINIMAL + "stages:\n  - reference\n  - {stage: reference}\n", "x.yaml:8: `stages` must name each stage once"),
        (
            MINIMAL + "stages:\n  - {stage: reference, name: a}\n  - {stage: reference, name: a}\n",
            "`stages` has two entries of",
        ),
        (MINIMAL + "stages:\n  - {name: a}\n", "x.yaml:8: an entry of `stages` needs `stage`"),
        (
            MINIMAL + "stages:\n  - stage: probabilistic\n    tolerance: {}\n",
            "x.yaml:9: `tolerance` does not belong to the stage probabilistic; only reference and tolerance take one",
        ),
        (MINIMAL + "stages: [{stage: probabilistic, name: a}, probabilistic]\n", "has probabilistic more than once"),
        (MINIMAL + "fees:\n  tax_ppm: 1\n", "x.yaml:8: `tax_ppm` is a tax on the fee, and neither"),
        (MINIMAL + "fees:\n  profiles:\n    - {name: a}\n", "x.yaml:9: an entry of `profiles` needs `absolute_minor` or `ppm`"),
        (
            MINIMAL + "fees: {profiles: [{name: a, ppm: 1}, {name: a, ppm: 2}]}\n",
            "x.yaml:7: `profiles` has two profiles",
        ),
        (
            MINIMAL.replace("  - name: ledger\n", "  - name: ledger\n    filter:\n      amount: {least_minor: 2, most_minor: 1}\n"),
            "x.yaml:7: `least_minor` is above `most_minor`",
        ),
        (
            MINIMAL.replace("statement", "keyed").replace("  - name: ledger\n", "  - name: ledger\n    filter: {text: [a]}\n"),
            "x.yaml:6: `text` belongs to the statement shape",
        ),
        (
            MINIMAL.replace("  - name: bank\n", "  - {name: bank, filter: {currency: [EUR]}}\n"),
            "x.yaml:6: .*`currency` is",
        ),
        (
            MINIMAL.replace("ledger\n", "ledger\n    sources: [core]\n").replace("bank\n", "bank\n    sources: [hdfc, core]\n"),
            "x.yaml:7: an entry of `sides` has the source core, all of whose records belong to the side ledger before it",
        ),
        (MINIMAL.replace("  - name: ledger\n  - name: bank\n", ""), "x.yaml:4: `sides` is empty; it must be a list"),
        (
            MINIMAL + "tolerance:\n  amount: {absolute_minor: {INR: 9223372036854775808}}\n",
            "x.yaml:8: `INR` must be a whole number",
        ),
        (MINIMAL + "stages: [reference]\nlearning: {false_per_100k: 1}\n", "x.yaml:8: `learning` is for the stages tolerance and"),
        (MINIMAL + "learning:\n  least_items: 20\n", "x.yaml:8: `least_items` is for the stage probabilistic, which `stages`"),
        (MINIMAL + "fx: {base: EUR, rates: a.csv}\n", "x.yaml:7: `base` is 'EUR'; use ISO 4217 letters"),
        (MINIMAL + "fx: {base: INR, rates: a.csv}\n", "x.yaml:7: `rates` names the file a.csv, and this text was not read from a"),
        (MINIMAL + "fx:\n  base: INR\n  rates: {USD: {2026-13-01: 1}}\n", "x.yaml:9: `2026-13-01` is no date"),
        (MINIMAL + "fx:\n  base: INR\n  rates: {USD: {2026-03-01: -1}}\n", "x.yaml:9: `2026-03-01` is '-1'; a rate is a plain"),
        (MINIMAL + "calendar: {weekend: [funday]}\n", "x.yaml:7: an entry of `weekend` is 'funday'"),
        (MINIMAL + "calendar: {holidays: [26/01/2026]}\n", "x.yaml:7: .*written YYYY-MM-DD"),
        (MINIMAL + "csv:\n  teller: {id: A}\n", "x.yaml:8: `teller` is not known in `csv`; allowed: ledger, bank"),
        (MINIMAL + "csv:\n  bank: {signs: odd}\n", "x.yaml:8: `signs` is 'odd'"),
        (MINIMAL + "csv:\n  bank: {amount: A,\n    debit: D}\n", "x.yaml:9: `debit` contradicts `amount`"),
        (MINIMAL + "csv:\n  bank: {delimiter: ab}\n", "x.yaml:8: `delimiter` is 'ab'; it must be one character"),
        (MINIMAL + "csv:\n  bank: {date_format: DD/MM/YYYY}\n", "x.yaml:8: `date_format` is 'DD/MM/YYYY'; write it as strptime"),
        (MINIMAL + "csv:\n  bank: {encoding: utf-9}\n", "x.yaml:8: `encoding` is 'utf-9', which Python does not know"),
    ],
)
def test_errors_name_file_line_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        parse_reconciliation(text, Origin("x.yaml", {"INR": 2, "USD": 2}))


def test_a_source_may_be_on_two_sides_where_a_filter_tells_its_records_apart() -> None:
    text = MINIMAL.replace("ledger\n", "ledger\n    sources: [core]\n    filter: {direction: credit}\n")
    rules = parse_reconciliation(text.replace("bank\n", "bank\n    sources: [core]\n"), "x.yaml")
    sides = [rules.side_of("core", account="x", transaction_type="", channel="", direction=way) for way in (1, -1)]
    assert sides == [0, 1]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        (MINIMAL.replace("\n", "\r\n"), True),
        (MINIMAL + "# a remark\n", True),
        (MINIMAL.replace("name: books\nversion: 3\n", "version: 3\nname: 'books'\n"), True),
        (MINIMAL.replace("  - name: ledger\n  - name: bank\n", "  [{name: ledger}, {name: bank}]\n"), True),
        (MINIMAL.replace("  - name: ledger\n  - name: bank\n", "  [{name: bank}, {name: ledger}]\n"), False),
        (MINIMAL.replace("3", "4"), False),
        (MINIMAL + "calendar: {grace: 1}\n", False),
    ],
)
def test_the_digest_is_of_what_the_file_says_and_not_of_how_it_is_written(written: str, same: bool) -> None:
    one = parse_reconciliation(MINIMAL, "a.yaml")
    assert (one.digest == parse_reconciliation(written, "b.yaml").digest) is same


@pytest.mark.parametrize(
    ("file", "shape", "sources"),
    [
        ("payments-three-way", Shape.KEYED, [("core",), ("gateway",), ("mobile",)]),
        ("razorpay-settlements", Shape.SETTLEMENT, [("razorpay",), ("hdfc",)]),
        ("ledger-bank", Shape.STATEMENT, [("core",), ("icici", "sbi", "camt", "mt940")]),
    ],
)
def test_the_demo_reconciliations_are_what_the_architecture_says(file: str, shape: Shape, sources: list[tuple[str, ...]]) -> None:
    rules = parse_reconciliation((DEMO / f"{file}.yaml").read_text(encoding="utf-8"), f"{file}.yaml")
    assert (rules.name, rules.shape, [side.sources for side in rules.sides]) == (file, shape, sources)


def test_the_core_feed_is_split_between_two_reconciliations() -> None:
    payments, ledger = (
        parse_reconciliation((DEMO / f"{name}.yaml").read_text(encoding="utf-8"), name)
        for name in ("payments-three-way", "ledger-bank")
    )
    for account, in_payments in (("core-payments", True), ("000405001234", False)):
        given = {"account": account, "transaction_type": "PAYMENT", "channel": "UPI", "direction": 1}
        assert (payments.side_of("core", **given) == 0) is in_payments
        assert (ledger.side_of("core", **given) == 0) is not in_payments
