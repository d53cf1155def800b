"""Add a user to the `users.toml` of an installation."""

from __future__ import annotations

import json
from pathlib import Path

from kangshu.app.identity_provider.directory import User, parse_directory
from kangshu.kernel.base.errors import Conflict


def add_user(path: Path, user: User) -> None:
    """Append the user to the file, which is made if it is not there (readable by its owner only).

    Raises `Conflict` if the file has a user with that login, `Invalid` if it is not in order.
    """
    before = path.read_text("utf-8") if path.exists() else ""
    if user.login in parse_directory(before, str(path)).users:
        raise Conflict(f"{path} already has a user {user.login}.", remedy="Choose another login.")
    text = f"{before.rstrip()}\n\n{_entry(user)}".lstrip()
    parse_directory(text, str(path))
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(text, "utf-8")


def _entry(user: User) -> str:
    known = {
        "login": user.login,
        "name": user.name,
        "role": user.role,
        "org": user.org,
        "county": user.county,
        "person_key": "|".join(user.person_key) if user.person_key else None,
        "password": user.password,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in known.items() if value is not None]
    return "\n".join(["[[user]]", *lines, ""])


def _toml(text: str) -> str:
    """A JSON string is a TOML basic string, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
