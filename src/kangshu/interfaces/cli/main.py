"""The command line. Exit codes: 0 done, 1 done with problems, 2 wrong call."""

from __future__ import annotations

import typer

from kangshu.interfaces.cli import (
    audit,
    backup,
    codes,
    demo,
    land,
    load,
    mllp,
    person,
    quality,
    quarantine,
    schema,
    serve,
    token,
    user,
)

app = typer.Typer(
    name="kangshu",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="康枢 Kangshu, the population-health platform of a city and its counties.\n\nExample: kangshu demo",
)

app.command("serve")(serve.command)
app.command("demo")(demo.command)
app.command("load")(load.command)
app.command("mllp")(mllp.command)
app.command("land")(land.command)
app.command("token")(token.command)
app.command("migrate")(schema.command)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(quality.app, name="quality")
app.add_typer(person.app, name="person")
app.add_typer(user.app, name="user")
app.add_typer(audit.app, name="audit")
app.add_typer(codes.app, name="codes")

if __name__ == "__main__":
    app()
