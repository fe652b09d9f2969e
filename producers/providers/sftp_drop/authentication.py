"""How a source proves who it is: key, password, answers to a server's prompts, or several of them one after the other.

Only what the source names is tried. There is no agent and no key of the user's home, so that a drop works the same for everybody.
"""

import base64
import binascii
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import paramiko
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from producers.errors import ConfigurationError

__all__ = ["NamedSecrets", "load_private_key", "one_time_code"]

_KEY_TYPES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_STEP_SECONDS = 30
_DIGITS = 6


class NamedSecrets(paramiko.auth_strategy.AuthStrategy):
    """Tries the key, then the password, then the prompts, and goes on where a server wants more than one of them.

    Args:
        user: name on the server.
        secrets: `private_key`, `passphrase`, `password`, `otp_seed`; those that are not there are not tried.
        prompts: regular expression of a prompt → name of the secret that answers it.
        where: begins the messages.
        clock: Unix time in seconds, for one-time codes.
    """

    def __init__(
        self,
        user: str,
        secrets: Mapping[str, str],
        prompts: Mapping[str, str],
        where: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(ssh_config=paramiko.SSHConfig())
        self._user = user
        self._secrets = secrets
        self._prompts = prompts
        self._where = where
        self._clock = clock
        self._key = load_private_key(secrets, where)

    def get_sources(self) -> Iterator[paramiko.auth_strategy.AuthSource]:
        """Nothing for the library's own loop, which stops at the first success also where a server wants two proofs."""
        return iter(())

    def authenticate(self, transport: paramiko.Transport) -> paramiko.auth_strategy.AuthResult:
        """Log in.

        Raises:
            paramiko.AuthenticationException: the server refuses what the source has, or wants something else.
        """
        refused: paramiko.AuthenticationException | None = None
        for attempt in self._attempts(transport):
            try:
                if not attempt():
                    return paramiko.auth_strategy.AuthResult(self)
            except paramiko.BadAuthenticationType as error:
                refused = refused or error
            except paramiko.AuthenticationException as error:
                if "transport shut down" in str(error):
                    raise paramiko.SSHException("the connection was closed during authentication") from error
                refused = error
        raise refused or paramiko.AuthenticationException("the server wants one more proof than the source has")

    def _attempts(self, transport: paramiko.Transport) -> list[Callable[[], list[str]]]:
        user, key, password = self._user, self._key, self._secrets.get("password")
        attempts: list[Callable[[], list[str]]] = []
        if key is not None:
            attempts.append(lambda: transport.auth_publickey(user, key))
        if password is not None:
            attempts.append(lambda: transport.auth_password(user, password, fallback=False))
        if password is not None or "otp_seed" in self._secrets:
            attempts.append(lambda: transport.auth_interactive(user, self._answers))
        return attempts

    def _answers(self, _title: str, _instructions: str, prompts: Sequence[tuple[str, bool]]) -> list[str]:
        return [self._answer(text) for text, _echo in prompts]

    def _answer(self, prompt: str) -> str:
        for expression, name in self._prompts.items():
            if re.search(expression, prompt, re.IGNORECASE) and name in self._secrets:
                return one_time_code(self._secrets[name], self._clock(), self._where) if name == "otp_seed" else self._secrets[name]
        # An answer to a question that nobody foresaw could hand the password to the wrong one.
        raise paramiko.AuthenticationException(f"the server asks {prompt[:80]!r}; name its answer under prompts")


def one_time_code(seed: str, seconds: float, where: str) -> str:
    """The six digits of RFC 6238 for a time.

    Raises:
        ConfigurationError: the seed is no base32.
    """
    try:
        padded = seed.replace(" ", "").upper()
        key = base64.b32decode(padded + "=" * (-len(padded) % 8))
    except binascii.Error:
        raise ConfigurationError(f"{where}: secret otp_seed is no base32 text") from None
    totp = TOTP(key, _DIGITS, SHA1(), _STEP_SECONDS, enforce_key_length=False)  # noqa: S303 - what RFC 6238 and the servers use
    return totp.generate(int(seconds)).decode()


def load_private_key(secrets: Mapping[str, str], where: str) -> paramiko.PKey | None:
    """The key under `private_key`, None when the source names none.

    Raises:
        ConfigurationError: it is no key, or the passphrase is another one.
    """
    text = secrets.get("private_key")
    if text is None:
        return None
    for kind in _KEY_TYPES:
        try:
            return kind.from_private_key(io.StringIO(text), secrets.get("passphrase"))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise ConfigurationError(f"{where}: secret private_key is no Ed25519, ECDSA or RSA key, or needs another passphrase")
