"""The keys of this installation: made on first start, kept where only its owner can read them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OctKey, RSAKey


@dataclass(frozen=True, slots=True)
class Keys:
    """`issuer` signs tokens that others may check; `session` signs what only this installation reads."""

    issuer: RSAKey
    session: OctKey

    def public(self) -> dict[str, object]:
        """The public keys as a JSON Web Key Set."""
        return {"keys": [dict(self.issuer.as_dict(private=False)) | {"use": "sig", "alg": "RS256"}]}

    def seal(self, text: str) -> str:
        """A seal on a text that nobody else can make, in hex."""
        return hmac.new(self.session.raw_value, text.encode(), hashlib.sha256).hexdigest()


def load_keys(folder: Path) -> Keys:
    """Read the keys of `folder`, or make them (files 0600 in a folder 0700).

    Several processes may do so at once: the first to finish a file wins and all use it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    issuer = _load(folder / "issuer.json", lambda: RSAKey.generate_key(2048, auto_kid=True))
    session = _load(folder / "session.json", lambda: OctKey.generate_key(256, auto_kid=True))
    return Keys(RSAKey.import_key(json.loads(issuer)), OctKey.import_key(json.loads(session)))


def _load(path: Path, make: Callable[[], RSAKey | OctKey]) -> str:
    if not path.exists():
        _write_once(path, json.dumps(make().as_dict(private=True)))
    return path.read_text("utf-8")


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, does not replace the file another process has just made.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
