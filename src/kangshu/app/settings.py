"""Settings: read from the environment once, at the edge; frozen from then on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.find import default_root

_NAMES = {
    "KANGSHU_HOME": "folder of the embedded database, keys and exports (default: .kangshu here)",
    "KANGSHU_DATABASE_URL": "PostgreSQL server to use instead of the embedded one",
    "KANGSHU_LAKE_URL": "object store of the lake, s3://bucket/path (default: a folder in KANGSHU_HOME)",
    "KANGSHU_PACKS": "folder of the packs (default: those that came with Kangshu)",
    "KANGSHU_DEMO": "1: built-in demo users may log in, pages say that the data is synthetic",
    "KANGSHU_BASE_URL": "address under which people and programs reach the server",
    "KANGSHU_OIDC_ISSUER": "an OpenID Connect provider to log in with instead of the built-in one",
    "KANGSHU_OIDC_CLIENT_ID": "our client id there",
    "KANGSHU_OIDC_CLIENT_SECRET": "our client secret there",
    "KANGSHU_QUALITY_SECONDS": "how often a server judges the quality of what came; 0: never (default: 60)",
    "KANGSHU_LAKE_SECONDS": "how often a server refreshes what is kept in the lake; 0: never (default: 600)",
    "KANGSHU_TOKEN": "the token whose leave commands use where none is given (see `kangshu token`)",
    "KANGSHU_LOG_LEVEL": "debug, info, warning or error (default: info)",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how this installation differs from the default one.

    `database_url` None: the embedded server in `home`; `lake_url` None: a folder in `home`.
    """

    home: Path
    packs: Path
    database_url: str | None = None
    lake_url: str | None = None
    demo: bool = False
    base_url: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    log_level: str = "info"
    quality_seconds: int = 60
    lake_seconds: int = 600


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment; an unknown variable that begins with KANGSHU_ is an error."""
    unknown = sorted(
        name
        for name in environment
        if name.startswith("KANGSHU_") and name not in _NAMES and not name.startswith("KANGSHU_TEST")
    )
    if unknown:
        raise Invalid(
            f"Not a setting of Kangshu: {', '.join(unknown)}.",
            remedy=f"The settings are {', '.join(sorted(_NAMES))}.",
        )
    packs = environment.get("KANGSHU_PACKS")
    return Settings(
        home=Path(environment.get("KANGSHU_HOME") or ".kangshu").absolute(),
        packs=Path(packs).absolute() if packs else default_root(),
        database_url=environment.get("KANGSHU_DATABASE_URL") or None,
        lake_url=environment.get("KANGSHU_LAKE_URL") or None,
        demo=environment.get("KANGSHU_DEMO", "") == "1",
        base_url=(environment.get("KANGSHU_BASE_URL") or "").rstrip("/") or None,
        oidc_issuer=environment.get("KANGSHU_OIDC_ISSUER") or None,
        oidc_client_id=environment.get("KANGSHU_OIDC_CLIENT_ID") or None,
        oidc_client_secret=environment.get("KANGSHU_OIDC_CLIENT_SECRET") or None,
        log_level=environment.get("KANGSHU_LOG_LEVEL", "info"),
        quality_seconds=_seconds(environment, "KANGSHU_QUALITY_SECONDS", "60"),
        lake_seconds=_seconds(environment, "KANGSHU_LAKE_SECONDS", "600"),
    )


def _seconds(environment: Mapping[str, str], name: str, usual: str) -> int:
    text = environment.get(name) or usual
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise Invalid(f"{name} is no number of seconds.", remedy=f"Write {usual}, or 0 for never.")
    return int(text)
