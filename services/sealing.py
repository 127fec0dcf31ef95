"""Personal values at rest: sealed with AES-256-GCM, found again by a keyed blind index.

The key never enters the database. What is sealed is bound to its place ("person.name.17"), so a
cipher moved to another row or column does not open. The first byte names the algorithm, the
second the key, so that either can be changed later (商用密码管理条例 41-42).
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_AES_256_GCM: Final = 1
_FIRST_KEY: Final = 1
_HEAD: Final = bytes([_AES_256_GCM, _FIRST_KEY])
_NONCE_BYTES: Final = 12


class SealBroken(Exception):
    """A sealed value does not open: another key, another place, or it was changed."""


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key)


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens values of one purpose."""

    cipher: AESGCM

    def seal(self, value: bytes, place: str) -> bytes:
        """`value` sealed for `place` ("table.column.row")."""
        nonce = os.urandom(_NONCE_BYTES)
        return _HEAD + nonce + self.cipher.encrypt(nonce, value, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value that was sealed for `place`. Raises SealBroken."""
        if sealed[:2] != _HEAD:
            raise SealBroken(place)
        nonce, body = sealed[2 : 2 + _NONCE_BYTES], sealed[2 + _NONCE_BYTES :]
        try:
            return self.cipher.decrypt(nonce, body, place.encode())
        except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
            raise SealBroken(place) from None


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything that is derived from the master key, each for its one purpose."""

    fields: Seal
    index_key: bytes = field(repr=False)  # a repr ends up in a traceback
    token_key: bytes = field(repr=False)
    signer: Ed25519PrivateKey

    @classmethod
    def of(cls, master: bytes) -> "Keys":
        """Keys from a 32-byte master key. Raises ValueError if it is shorter."""
        if len(master) < 32:
            raise ValueError("the master key has fewer than 32 bytes")
        return cls(
            fields=Seal(AESGCM(_derive(master, "fields"))),
            index_key=_derive(master, "blind-index"),
            token_key=_derive(master, "tokens"),
            signer=Ed25519PrivateKey.from_private_bytes(_derive(master, "audit-signature")),
        )

    def seal(self, text: str, place: str) -> bytes:
        return self.fields.seal(text.encode(), place)

    def open(self, sealed: bytes, place: str) -> str:
        return self.fields.open(sealed, place).decode()

    def index(self, kind: str, value: str) -> bytes:
        """Keyed digest by which an equal value is found again; `kind` keeps number spaces apart."""
        return hmac.digest(self.index_key, f"{kind}\0{value}".encode(), hashlib.sha256)

    def token(self, kind: str, value: str) -> bytes:
        """Keyed digest of a one-time code or request token."""
        return hmac.digest(self.token_key, f"{kind}\0{value}".encode(), hashlib.sha256)


def profile_seal(matcher_key: bytes) -> Seal:
    """The seal of capacity vectors: its key is held by the matching process and serve's snapshot only."""
    return Seal(AESGCM(_derive(matcher_key, "profiles")))


def mask_phone(phone: str) -> str:
    """137****0000: enough to recognise one's own, not to call."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****"


def mask_identity(number: str) -> str:
    """4101**********0012. The last two digits of a 20-digit certificate number are never given to this."""
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}" if len(number) >= 8 else "****"


def mask_name(name: str) -> str:
    """张**: the first character and the length."""
    return name[:1] + "*" * (len(name) - 1)
