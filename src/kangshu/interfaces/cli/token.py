"""`kangshu token`: an access token for a program."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from kangshu.app.identity_provider.client_token import issue_client_token
from kangshu.app.settings import read_settings
from kangshu.interfaces.cli.console import errors_told
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.time import utc_now


def command(
    client: Annotated[str, typer.Option(help="Name of the program, as the access log will show it.")],
    scope: Annotated[str, typer.Option(help="SMART scopes, separated by blanks.")] = "system/*.rs",
    org: Annotated[str | None, typer.Option(help="Limit it to the facts of this institution.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=24 * 366, help="How long it is valid.")] = 24,
) -> None:
    """Print a bearer token for a program that uses the FHIR interface.

    Example: kangshu token --client laboratory --scope "system/*.rs" --org H44099900001
    """
    with errors_told():
        if not client.strip() or (org is not None and not org.strip()):
            # An empty institution would not be a limit to one, but a token for all of them.
            raise Invalid(
                "--client and --org must not be empty.", remedy="Leave --org out for all institutions."
            )
        token = issue_client_token(
            read_settings().home,
            utc_now,
            client=client,
            scopes=scope.split(),
            org=org,
            lifetime=timedelta(hours=hours),
        )
    print(token)
