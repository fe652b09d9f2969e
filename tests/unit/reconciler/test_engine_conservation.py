import datetime as dt
from dataclasses import replace

import pytest

from reconciler.conservation import check
from reconciler.decisions import make_break, make_match
from reconciler.digest import decision_digest
from reconciler.errors import ConservationError
from reconciler.types import BreakType, Member, Outcome, Reason, Stage


@pytest.fixture
def items(make_item):
    return [make_item("l", "left"), make_item("r", "right"), make_item("x", "left")]


@pytest.fixture
def outcome(items):
    reasons = [Reason("key", "equal")]
    match = make_match(items[:2], key="K", amount_minor=100, stage=Stage.KEY, reasons=reasons, final=False)
    broken = make_break(BreakType.TIMING, items[2:], key="X", amount_minor=100, reasons=reasons, final=False)
    return Outcome(matches=(match,), breaks=(broken,))


def test_only_what_does_not_add_up_is_named(items, outcome, make_item) -> None:
    check(items, outcome)
    match, broken = outcome.matches[0], outcome.breaks[0]
    wrong = {
        "1 items are lost: left/x": (items, replace(outcome, breaks=())),
        "in more than one match: left/l": (items, replace(outcome, matches=(match, match))),
        "both matched and open: left/l": (items, replace(outcome, breaks=(broken, replace(broken, members=match.members[:1])))),
        "ignored and yet decided: left/x": (items, replace(outcome, ignored=(Member("left", "x"),))),
        "were not given: right/ghost": (items, replace(outcome, ignored=(Member("right", "ghost"),))),
        "given more than once: left/x": ([*items, items[2]], outcome),
    }
    for message, (given, decided) in wrong.items():
        with pytest.raises(ConservationError, match=message):
            check(given, decided)


def test_the_digest_is_of_decisions_and_not_of_words_or_order(outcome) -> None:
    match, broken = outcome.matches[0], outcome.breaks[0]
    digest = decision_digest(outcome)
    assert digest == decision_digest(replace(outcome, matches=(replace(match, reasons=(), members=match.members[::-1]),)))
    assert digest == decision_digest(replace(outcome, breaks=(replace(broken, booked_on=dt.date(2020, 1, 1)),)))
    for changed in (
        replace(outcome, matches=(replace(match, amount_minor=101),)),
        replace(outcome, breaks=(replace(broken, final=True),)),
        replace(outcome, breaks=(replace(broken, type=BreakType.AMOUNT),)),
        replace(outcome, ignored=(Member("left", "y"),)),
    ):
        assert decision_digest(changed) != digest
