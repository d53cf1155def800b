"""Passwords are kept as `scrypt$<n>$<r>$<p>$<salt>$<key>` (RFC 7914; salt and key in hex)."""

from __future__ import annotations

import hashlib
import hmac
import os

_N, _R, _P = 2**14, 8, 1

# Checked when the user is unknown, so that the answer takes as long as for a known one.
NOBODY = "scrypt$16384$8$1$" + "00" * 16 + "$" + "00" * 32


def hash_password(password: str) -> str:
    """What to keep of a password; different each time."""
    salt = os.urandom(16)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${_derive(password, salt, _N, _R, _P).hex()}"


def is_password(password: str, kept: str) -> bool:
    """Whether `kept` was made from `password`. False too if `kept` has another form."""
    parts = kept.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return False
    n, r, p = (int(part) for part in parts[1:4])
    return hmac.compare_digest(_derive(password, bytes.fromhex(parts[4]), n, r, p), bytes.fromhex(parts[5]))


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=32, maxmem=2**26)
