"""PGP messages: decrypted and verified as a whole before anybody sees a byte of them.

The work is done by a child process (`producers.kit.files.pgp_child`) with limits on file size, memory and processor time, because a
compressed packet of a few kilobytes can unpack to gigabytes. Sequoia refuses messages without integrity protection by itself.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from producers.errors import ConfigurationError, PgpError

__all__ = ["PgpKeys", "is_pgp", "open_message"]

_ARMOUR = b"-----BEGIN PGP MESSAGE-----"
_ENCRYPTED_TAGS = {1, 3, 18, 20, 9}
"""Packet tags a message may begin with (RFC 9580): session key packets and encrypted data. 9 is without integrity protection: it
is recognised so that it is refused as what it is."""


@dataclass(frozen=True, slots=True)
class PgpKeys:
    """Keys of one feed.

    Attributes:
        private: secret keys, armoured, tried in order; two of them while one follows the other.
        passphrase: of the secret keys, None when they have none.
        signers: certificates, armoured, of those who may sign, each of them valid during a rollover. Empty: no signature is asked.
        fingerprints: pinned fingerprints of `signers`, lower-case hex.
    """

    private: Sequence[str] = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)
    signers: Sequence[str] = ()
    fingerprints: Sequence[str] = ()


def is_pgp(head: bytes) -> bool:
    """Whether a file that begins with `head` is an encrypted PGP message, armoured or binary."""
    if head.lstrip().startswith(_ARMOUR):
        return True
    if not head or not head[0] & 0x80:
        return False
    new_format = head[0] & 0x40
    tag = head[0] & 0x3F if new_format else (head[0] >> 2) & 0x0F
    # The second byte tells a packet from text in an 8-bit charset: a session key packet has version 3 or 6 behind its length.
    return tag in _ENCRYPTED_TAGS and any(byte in {1, 2, 3, 6} for byte in head[2:7])


def open_message(message: Path, output: Path, keys: PgpKeys, *, max_bytes: int, seconds: int = 300) -> None:
    """Decrypt `message` into `output`, which exists only when the whole message was decrypted and verified.

    Args:
        message: the file as it came.
        output: the plain bytes; it must not exist.
        keys: whose message it must be, and whose signature it must bear.
        max_bytes: the most that may come out.
        seconds: processor time of the child, and twice that by the clock.

    Raises:
        PgpError: it is not for these keys, was altered, has no integrity protection, is too large, or no pinned key signed it.
        ConfigurationError: a key cannot be read, or is not the pinned one.
    """
    part = output.with_suffix(".part")
    request = {
        "message": str(message),
        "output": str(part),
        "private": list(keys.private),
        "passphrase": keys.passphrase,
        "signers": list(keys.signers),
        "fingerprints": [fingerprint.lower() for fingerprint in keys.fingerprints],
        "max_bytes": max_bytes,
        "seconds": seconds,
    }
    try:
        # Keys go through the pipe: arguments can be read by every user of the machine.
        child = subprocess.run(
            [sys.executable, "-m", "producers.kit.files.pgp_child"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=seconds * 2,
            check=False,
            cwd=Path(__file__).resolve().parents[3],
        )
        answer = json.loads(child.stdout or b"{}")
    except (subprocess.TimeoutExpired, ValueError) as error:
        part.unlink(missing_ok=True)
        raise PgpError(f"the message was not decrypted: {type(error).__name__}") from error
    if answer.get("ok") is True and child.returncode == 0:
        part.rename(output)
        return
    part.unlink(missing_ok=True)
    reason = str(answer.get("error") or f"the decrypting process ended with status {child.returncode}")
    raise (ConfigurationError if answer.get("configuration") else PgpError)(reason)
