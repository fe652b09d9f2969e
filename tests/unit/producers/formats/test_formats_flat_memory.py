"""Peak memory of the line and tag formats does not grow with the file, which is made while it is read."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from producers.formats.contract import Entry, StatementEnd
from producers.formats.registry import FORMATS
from schemas.records import Proof

_LETTERS = "{ABCDEFGHI"


def bai2(count: int) -> Iterator[str]:
    yield "01,A,B,260106,0400,1,,,2/\n02,B,A,1,260105,2359,USD,2/\n"
    yield f"03,77,USD,010,0,,,015,{count},,/\n"
    for number in range(count):
        yield f"16,195,1,Z,B{number},R{number},payment {number}/\n"
        yield "88,and more of it/\n"
    total, records = 2 * count, 2 * count + 2
    yield f"49,{total},{records}/\n98,{total},1,{records + 2}/\n99,{total},1,{records + 4}/\n"


def nacha(count: int) -> Iterator[str]:
    yield "101 091400606 6910001342601050306A094101FIRST BANK             APPLICATION\n"
    yield f"5200{'Coin Lion':<16}{'':<20}{'123456789':<10}PPDTRANSFER        260105   1091000010000001\n"
    for number in range(count):
        yield f"627091400606{'12345':<17}{1:010d}{f'R{number}':<15}{'Paul Jones':<22}  0{number:015d}\n"
    hashed = count * 9140060 % 10**10
    yield f"8200{count:06d}{hashed:010d}{count:012d}{0:012d}\n9000001000001{count:08d}{hashed:010d}{count:012d}{0:012d}\n"


def ofx(count: int) -> Iterator[str]:
    yield "OFXHEADER:100\nVERSION:102\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>"
    for number in range(count):
        yield f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260105<TRNAMT>0.01<FITID>F{number}<NAME>ACME {number}</STMTTRN>\n"
    yield "</BANKTRANLIST></STMTRS></OFX>"


def cfonb120(count: int) -> Iterator[str]:
    def record(kind: str, minor: int) -> str:
        amount = f"{minor // 10:013d}{_LETTERS[minor % 10]}"
        return f"{kind}10278    02204EUR2 0001234560305050126  050126{'payment':<31}  000000000{amount}\n"

    yield record("01", 0)
    for number in range(count):
        yield record("04", 1)
        yield f"0510278    02204EUR2 0001234560305050126     LIBinvoice {number}\n"
    yield record("07", count)


def coda(count: int) -> Iterator[str]:
    account = "BE62510007547061".ljust(34) + "EUR"
    yield f"0000005012672505 {'':<7}{'REF':<10}{'ACME NV':<26}{'KREDBEBB':<11}00630366277 00000\n"
    yield f"12004{account}0{0:015d}050126\n"
    for number in range(count):
        yield f"21{number % 10_000:04d}0000{f'REF{number}':<21}0{10:015d}050126001500000{'payment':<53}050126004000\n"
    yield f"8004{account}0{10 * count:015d}050126\n9{'':<15}{(count + 2) % 10**6:06d}{0:015d}{10 * count:015d}\n"


def qif(count: int) -> Iterator[str]:
    yield "!Type:Bank\n"
    for number in range(count):
        yield f"D2026-01-05\nT0.01\nNR{number}\nPACME {number}\n^\n"


class Stream:
    """A file that is never whole."""

    def __init__(self, parts: Callable[[], Iterator[str]]) -> None:
        self._make = parts
        self.seek(0)

    def seek(self, offset: int) -> int:
        assert offset == 0
        self._parts, self._rest = self._make(), b""
        return 0

    def read(self, size: int) -> bytes:
        pieces, have = [self._rest], len(self._rest)
        while have < size and (part := next(self._parts, "").encode()):
            pieces.append(part)
            have += len(part)
        data = b"".join(pieces)
        self._rest = data[size:]
        return data[:size]


def peak_bytes(name: str, writer: Callable[[int], Iterator[str]], count: int) -> int:
    tracemalloc.start()
    try:
        entries = 0
        for event in FORMATS[name].parse(Stream(lambda: writer(count))):
            entries += isinstance(event, Entry)
            last = event
        assert entries == count
        assert isinstance(last, StatementEnd)
        assert last.proof is not Proof.FAILED
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("writer", [bai2, nacha, ofx, cfonb120, coda, qif])
def test_peak_memory_is_flat(writer):
    name = writer.__name__
    peak_bytes(name, writer, 500)  # caches of dates and currencies
    small, large = peak_bytes(name, writer, 4_000), peak_bytes(name, writer, 12_000)
    assert large - small < 150_000, f"{small} → {large} bytes"
