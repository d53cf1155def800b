"""`kangshu user`: people who log in with the built-in login."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from kangshu.app.identity_provider.add_user import add_user
from kangshu.app.identity_provider.build import FILE
from kangshu.app.identity_provider.directory import User
from kangshu.app.identity_provider.passwords import hash_password
from kangshu.app.settings import read_settings
from kangshu.domains.identity.keys import RESIDENT_ID
from kangshu.interfaces.cli.console import errors_told, out
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.policies.definition import Role

app = typer.Typer(
    no_args_is_help=True,
    help="People who log in with the built-in login.\n\n"
    "Example: kangshu user add zhang --name 张明 --role doctor --org H44099900001",
)


@app.callback()
def _group() -> None:
    """People who log in with the built-in login."""


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="The name to log in with.")],
    name: Annotated[str, typer.Option(help="The name that is shown.")],
    role: Annotated[
        str, typer.Option(help=f"One of {', '.join(r for r in get_args(Role) if r != 'client')}.")
    ],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for.")
    ],
    org: Annotated[str | None, typer.Option(help="Code of the institution, for doctors.")] = None,
    county: Annotated[str | None, typer.Option(help="Division code, six digits, for a county.")] = None,
    resident_id: Annotated[str | None, typer.Option(help="Identity number, for a resident.")] = None,
) -> None:
    """Add a user. The password is asked for and kept as a hash; the server reads it at its next start.

    Example: kangshu user add zhang --name 张明 --role doctor --org H44099900001 --county 440999
    """
    with errors_told():
        known = [each for each in get_args(Role) if each != "client"]
        if role not in known:
            raise Invalid(f"There is no role {role}.", remedy=f"The roles are {', '.join(known)}.")
        _check_place(role, org, county, resident_id)
        key = (RESIDENT_ID, resident_id.upper()) if resident_id else None
        home = read_settings().home
        home.mkdir(parents=True, exist_ok=True)
        user = User(login, name, role, hash_password(password), org, county, key)  # pyright: ignore[reportArgumentType]
        add_user(home / FILE, user)
    out.print(f"{login} can log in once the server is started again.", highlight=False)


def _check_place(role: str, org: str | None, county: str | None, resident_id: str | None) -> None:
    """Without what says where somebody belongs, they could log in and would see nothing."""
    needed = {
        "doctor": ("--org", org),
        "family_doctor": ("--org", org),
        "county_commission": ("--county", county),
        "resident": ("--resident-id", resident_id),
    }
    option, value = needed.get(role, ("", "-"))
    if not value:
        raise Invalid(f"The role {role} needs {option}.", remedy=f"Add {option}.")
