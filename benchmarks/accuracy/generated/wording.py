"""How each side words a payment: a ledger as people write, a bank in capitals, with codes of its own, misspelt or cut short."""

from benchmarks.accuracy.generated.difficulty import Difficulty
from benchmarks.accuracy.generated.population import Population

__all__ = ["Wording"]

_CHANNELS = ("NEFT CR", "IMPS", "TRANSFER", "SEPA CT", "FPI")
_PURPOSES = ("rent", "invoice", "salary", "order", "services", "")


class Wording:
    """Texts of one book."""

    def __init__(self, population: Population, hard: Difficulty) -> None:
        self._population = population
        self._draw = population.draw
        self._hard = hard

    def reference(self) -> str:
        """A new document reference, or in some cases none."""
        return self.certain_reference() if self._population.chance(self._hard.referenced) else ""

    def certain_reference(self) -> str:
        """A new document reference."""
        return f"INV{self._draw.randrange(10**6):06d}"

    def batch_reference(self) -> str:
        """A new reference of a payment run."""
        return f"RUN{self._draw.randrange(10**7):07d}"

    def code(self) -> str:
        """A number of the bank's own, which says nothing to anybody else."""
        return f"{self._draw.randrange(10**9):09d}"

    def ledger(self, name: str, reference: str) -> str:
        """What the ledger writes."""
        spelt = f"{reference[:3]}-{reference[3:]}" if reference and self._population.chance(30) else reference
        purpose = self._draw.choice(_PURPOSES)
        parts = (name, spelt, purpose) if self._population.chance(50) else (purpose, name, spelt)
        return " ".join(filter(None, parts))

    def bank(self, name: str, reference: str) -> str:
        """What a bank writes before anything goes wrong."""
        channel, payer = self._draw.choice(_CHANNELS), name.upper().replace("&", "")
        match self._draw.randrange(4):
            case 0:
                return "/".join(filter(None, (payer, reference, self.code())))
            case 1:
                return "-".join(filter(None, (channel, payer, reference, self.code())))
            case _:
                return " ".join(filter(None, (channel, payer, reference)))

    def damaged(self, text: str) -> tuple[str, str]:
        """The text with what went wrong, and what that was: `wording`, `typo`, `cut` or `cut typo`."""
        kind = "wording"
        if self._population.chance(self._hard.typos):
            text, kind = self._misspelt(text), "typo"
        if self._population.chance(self._hard.cut) and len(text) > self._hard.width:
            text, kind = text[: self._hard.width].rstrip(), "cut" if kind == "wording" else "cut typo"
        return text, kind

    def _misspelt(self, text: str) -> str:
        place = self._draw.randrange(min(6, len(text) - 1), len(text))
        match self._draw.randrange(4):
            case 0:
                return text[:place] + text[place + 1 :]
            case 1:
                return text[:place] + text[place : place + 1] + text[place:]
            case 2:
                return text[:place] + self._draw.choice("0123456789AEIOU") + text[place + 1 :]
            case _:
                return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
