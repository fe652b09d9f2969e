"""Statement files of any size whose own proofs hold: the same payments in each format, written line by line."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

__all__ = ["WRITERS", "write_file"]

Writer = Callable[[int], Iterator[str]]

_OVERPUNCH = "{ABCDEFGHI"
_NAMES = ("ACME TRADING LTD", "NORTHWIND GMBH", "J DUPONT", "KOWALSKI SPOLKA", "BLUE OCEAN BV")


def _minor(number: int) -> int:
    return 1_000 + number * 7919 % 900_000


def _total(count: int) -> int:
    return sum(map(_minor, range(count)))


def _decimal(minor: int, point: str = ".") -> str:
    return f"{minor // 100}{point}{minor % 100:02d}"


def _day(number: int) -> int:
    return 1 + number % 28


def camt053(count: int) -> Iterator[str]:
    """One statement of version .08, an entry with one transaction and its parties per payment."""

    def balance(code: str, minor: int) -> str:
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{_decimal(minor)}</Amt>'
            "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>\n"
        )

    yield '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">\n'
    yield "<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-31T20:00:00Z</CreDtTm></GrpHdr>\n"
    yield "<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-01-31T20:00:00Z</CreDtTm>"
    yield "<Acct><Id><IBAN>DE75512108001245126199</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
    yield balance("OPBD", 0) + balance("CLBD", _total(count))
    for number in range(count):
        amount, day = _decimal(_minor(number)), f"2026-01-{_day(number):02d}"
        yield (
            f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>B{number:012d}</AcctSvcrRef>\n"
            "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n"
            f'<NtryDtls><TxDtls><Refs><EndToEndId>E2E-{number:012d}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>'
            f"<CdtDbtInd>CRDT</CdtDbtInd>\n<RltdPties><Dbtr><Pty><Nm>{_NAMES[number % 5]}</Nm></Pty></Dbtr>"
            "<DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct></RltdPties>"
            f"<RmtInf><Ustrd>Invoice {number} of January, thank you</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        )
    yield "</Stmt></BkToCstmrStmt></Document>\n"


def mt940(count: int) -> Iterator[str]:
    """One message, German structured field 86 on two lines."""
    yield ":20:STARTUMS\n:25:51210800/1245126199\n:28C:1/1\n:60F:C260101EUR0,00\n"
    for number in range(count):
        day = f"{_day(number):02d}"
        yield f":61:2601{day}01{day}C{_decimal(_minor(number), ',')}NTRFE2E{number:09d}//B{number:012d}\n"
        yield f":86:166?00GUTSCHRIFT?10931?20EREF+E2E{number:09d}?21SVWZ+Invoice {number} of\n"
        yield f"January?30DEUTDEFF?31DE89370400440532013000?32{_NAMES[number % 5]}\n"
    yield f":62F:C260131EUR{_decimal(_total(count), ',')}\n-\n"


def bai2(count: int) -> Iterator[str]:
    """One account, a credit with references and one continuation line per payment."""
    yield "01,BANK,RECEIVER,260131,2000,1,,,2/\n02,RECEIVER,BANK,1,260131,2359,USD,2/\n"
    total = _total(count)
    yield f"03,1245126199,USD,010,0,,,015,{total},,/\n"
    for number in range(count):
        yield f"16,195,{_minor(number)},Z,B{number:012d},E2E{number:09d},INVOICE {number} OF JANUARY/\n"
        yield f"88,{_NAMES[number % 5]}/\n"
    written, records = 2 * total, 2 * count + 2
    yield f"49,{written},{records}/\n98,{written},1,{records + 2}/\n99,{written},1,{records + 4}/\n"


def ofx(count: int) -> Iterator[str]:
    """OFX 1.02 in SGML without closing tags of fields."""
    yield "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
    yield "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX>\n<SIGNONMSGSRSV1>"
    yield "<SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260131<LANGUAGE>ENG"
    yield "</SONRS></SIGNONMSGSRSV1>\n<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD\n"
    yield "<BANKACCTFROM><BANKID>123456789<ACCTID>1245126199<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
    yield "<BANKTRANLIST><DTSTART>20260101<DTEND>20260131\n"
    for number in range(count):
        yield (
            f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>202601{_day(number):02d}120000[-5:EST]\n<TRNAMT>{_decimal(_minor(number))}\n"
            f"<FITID>F{number:012d}\n<NAME>{_NAMES[number % 5]}\n<MEMO>Invoice {number} of January\n</STMTTRN>\n"
        )
    yield f"</BANKTRANLIST>\n<LEDGERBAL><BALAMT>{_decimal(_total(count))}<DTASOF>20260131</LEDGERBAL>\n"
    yield "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"


def coda(count: int) -> Iterator[str]:
    """One statement, record 21 per payment."""
    account = "BE62510007547061".ljust(34) + "EUR"
    yield f"0000031012672505 {'':<7}{'REF':<10}{'ACME NV':<26}{'KREDBEBB':<11}00630366277 00000{'':<39}2\n"
    yield f"12001{account}0{0:015d}311225{'':<26}{'':<35}001\n"
    for number in range(count):
        day = f"{_day(number):02d}0126"
        head, text = f"21{number % 9_999 + 1:04d}0000{f'B{number:012d}':<21}", f"INVOICE {number} OF JANUARY"
        yield f"{head}0{_minor(number) * 10:015d}{day}001500000{text:<53}{day}0010 0\n"
    total = _total(count) * 10
    yield f"8001{account}0{total:015d}310126{'':<64}0\n"
    yield f"9{'':<15}{(count + 2) % 10**6:06d}{0:015d}{total:015d}{'':<75}1\n"


def cfonb120(count: int) -> Iterator[str]:
    """One statement, a movement and one complement per payment."""

    def amount(minor: int) -> str:
        return f"{minor // 10:013d}{_OVERPUNCH[minor % 10]}"

    account = "10278    02204EUR2 00012345603"
    yield f"01{account}  010126{'':<50}{amount(0)}{'':<16}\n"
    for number in range(count):
        day, text = f"{_day(number):02d}0126", f"INVOICE {number}"
        yield f"04{account}05{day}  {day}{text:<31}  {0:07d}  {amount(_minor(number))}{'':<16}\n"
        yield f"05{account}05{day}     LIB{_NAMES[number % 5]:<70}  \n"
    yield f"07{account}  310126{'':<50}{amount(_total(count))}{'':<16}\n"


def nacha(count: int) -> Iterator[str]:
    """One PPD batch, an entry of 94 columns per payment."""
    total, hashed = _total(count), count * 9140060 % 10**10
    yield f"{'101 091400606 6910001342601311806A094101FIRST BANK             APPLICATION':<94}\n"
    yield f"5200{'Coin Lion':<16}{'':<20}{'123456789':<10}PPDTRANSFER        260131   1091000010000001\n"
    for number in range(count):
        yield f"627091400606{'12345':<17}{_minor(number):010d}{f'E2E{number}':<15}{_NAMES[number % 5]:<22}  0{number + 1:015d}\n"
    yield f"{f'8200{count:06d}{hashed:010d}{total:012d}{0:012d}123456789':<79}091000010000001\n"
    yield f"{f'9000001{0:06d}{count:08d}{hashed:010d}{total:012d}{0:012d}':<94}\n"


def qif(count: int) -> Iterator[str]:
    """A bank account's register."""
    yield "!Type:Bank\n"
    for number in range(count):
        amount, name = _decimal(_minor(number)), _NAMES[number % 5]
        yield f"D01/{_day(number):02d}/2026\nT{amount}\nN{number}\nP{name}\nMInvoice {number} of January\n^\n"


def csv(count: int) -> Iterator[str]:
    """A download with a running balance."""
    yield "id,date,amount,currency,reference,description,balance\n"
    balance = 0
    for number in range(count):
        balance += _minor(number)
        amount, day = _decimal(_minor(number)), f"2026-01-{_day(number):02d}"
        yield f"B{number:012d},{day},{amount},EUR,E2E{number:09d},Invoice {number} of January,{_decimal(balance)}\n"


WRITERS: Mapping[str, Writer] = {
    "camt.053": camt053,
    "mt940": mt940,
    "bai2": bai2,
    "ofx": ofx,
    "coda": coda,
    "cfonb120": cfonb120,
    "nacha": nacha,
    "qif": qif,
    "csv": csv,
}
"""By the name of the format."""


def write_file(name: str, count: int, path: Path) -> None:
    """Write a file of `count` entries."""
    with path.open("w", encoding="ascii", newline="") as file:
        file.writelines(WRITERS[name](count))
