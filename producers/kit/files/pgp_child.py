"""Decrypts one PGP message in a process of its own: a JSON request on standard input, a JSON answer on standard output.

Run by `producers.kit.files.pgp` only. The limits of the process are the sandbox: nothing that a message unpacks to can outgrow
them.
"""

import json
import resource
import sys
from collections.abc import Sequence
from typing import Any

from pysequoia import Cert, Tsk, decrypt_file

__all__ = ["main"]

_MEMORY = 2 << 30


class _WrongKeyError(Exception):
    """A configured key cannot be used."""


def _limit(request: dict[str, Any]) -> None:
    size, seconds = int(request["max_bytes"]), int(request["seconds"])
    # Python ignores SIGXFSZ, so a write beyond the limit fails with EFBIG instead of killing the process.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _signers(texts: Sequence[str], fingerprints: Sequence[str]) -> list[Cert]:
    certificates = []
    for text in texts:
        try:
            certificate = Cert.from_bytes(text.encode())
        except Exception as error:
            raise _WrongKeyError(f"a signer's certificate cannot be read: {error}") from error
        if certificate.fingerprint.lower() not in fingerprints:
            raise _WrongKeyError(f"certificate {certificate.fingerprint} is not one of the pinned fingerprints")
        certificates.append(certificate)
    return certificates


def _open(request: dict[str, Any]) -> str | None:
    """Decrypt; returns what is wrong with the message, None when nothing is."""
    signers = _signers(request["signers"], request["fingerprints"])
    refused = "no key opens it"
    for text in request["private"]:
        try:
            decryptor = Tsk.from_bytes(text.encode()).decryptor(request["passphrase"])
        except Exception as error:
            raise _WrongKeyError(f"a PGP private key cannot be read, or needs another passphrase: {error}") from error
        try:
            opened = decrypt_file(
                request["message"], request["output"], decryptor, store=(lambda _ids: signers) if signers else None
            )
        except Exception as error:  # noqa: BLE001 - the library raises RuntimeError for everything, and a next key may fit
            refused = (str(error) or type(error).__name__).splitlines()[0]  # the rest is a trace of native code
            continue
        valid = {signature.certificate.lower() for signature in opened.valid_sigs}
        if signers and not valid & set(request["fingerprints"]):
            return "no pinned key signed it"
        return None
    return refused


def main() -> int:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    try:
        _limit(request)
        wrong = _open(request)
        answer: dict[str, Any] = {"ok": wrong is None, "error": wrong and f"the PGP message is not released: {wrong}"}
    except _WrongKeyError as error:
        answer = {"ok": False, "configuration": True, "error": str(error)}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
