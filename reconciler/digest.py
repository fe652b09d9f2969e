"""The decision digest: one number for everything that was decided, whatever the order and the time it was decided in."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from reconciler.types import Break, Match, Member, Outcome

__all__ = ["break_line", "decision_digest", "digest_of_lines", "ignored_line", "match_line"]


def decision_digest(outcome: Outcome) -> str:
    """Sha256 (hex) over the sorted lines of all decisions.

    What was decided counts: members, type or stage, amount, finality. How it is explained does not, so better words do not
    change a digest.
    """
    lines = [match_line(match) for match in outcome.matches]
    lines += [break_line(broken) for broken in outcome.breaks]
    lines += [ignored_line(member) for member in outcome.ignored]
    return digest_of_lines(lines)


def digest_of_lines(lines: Iterable[str]) -> str:
    """Sha256 (hex) over lines in sorted order, each ended by LF."""
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(line.encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()


def match_line(match: Match) -> str:
    """The line of a match."""
    decided = (match.stage, match.decision, match.probability_ppm, match.amount_minor, match.currency, match.account, match.final)
    return _line("match", match.key, match.members, decided)


def break_line(broken: Break) -> str:
    """The line of a break."""
    return _line(
        "break", broken.key, broken.members, (broken.type, broken.amount_minor, broken.currency, broken.account, broken.final)
    )


def ignored_line(member: Member) -> str:
    """The line of an item that is not money."""
    return _line("ignored", "", (member,), ())


def _line(kind: str, key: str, members: Sequence[Member], decided: Iterable[object]) -> str:
    # JSON keeps the parts apart whatever characters an id has, and keeps a line on one line.
    return json.dumps([kind, key, sorted([member.side, member.id] for member in members), *decided], ensure_ascii=False)
