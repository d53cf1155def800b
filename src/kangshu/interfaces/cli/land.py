"""`kangshu land`: files of tables into the lake."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from kangshu.app.platform import Platform
from kangshu.domains.intake.source import parse_source
from kangshu.domains.intake.tables.land import WHOLE, Landing
from kangshu.domains.intake.tally import Tally
from kangshu.interfaces.cli.console import WITH_PROBLEMS, err, errors_told, operator_grant, out, platform
from kangshu.interfaces.cli.tally_table import tally_table
from kangshu.kernel.base.errors import Invalid


def command(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files: CSV, Excel, Parquet, DBF, JSON, as the feed says.")
    ] = None,
    feed: Annotated[str, typer.Option(help="Which feed: a name in `sources` of a place pack.")] = "",
    source: Annotated[str, typer.Option(help="Code of the institution the data is from.")] = "LOCAL",
    database: Annotated[
        str | None, typer.Option(help="For a feed of kind sql: URL of the institution's database.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON on the last line.")
    ] = False,
) -> None:
    """Land tables: settlement lists, fee lines, visits, reports, as a feed of a place pack describes them.

    Every file is a message: it is journalled, checked by column and by rule, and landed. Faulty rows go to
    quarantine with rule, row and column; the others land. Landing the same file twice changes nothing.

    Example: kangshu land settlement-2026-03.zip --feed settlement_list --source H44099900001
    """
    tally, findings = Tally(), Counter[str]()
    with errors_told():
        source = parse_source(source)
        if not feed:
            raise Invalid("No feed is named.", remedy="Name one with --feed; see the page `send-tables`.")
    with platform() as built:
        operator_grant(built, "load")
        built.tables.feeds.get(feed)
        with tempfile.TemporaryDirectory(prefix="kangshu-query-") as folder:
            for path in _files(built, files or [], feed, database, Path(folder)):
                landing, of_file = built.intake.deliveries.land(source, feed, path)
                tally.add(of_file)
                _tell_refusal(path, landing)
                findings += landing.findings
    _tell(tally, findings, as_json=as_json)
    if tally.quarantined:
        raise typer.Exit(WITH_PROBLEMS)


def _files(built: Platform, files: list[Path], feed: str, database: str | None, folder: Path) -> list[Path]:
    if database is not None:
        path = folder / f"{feed}.parquet"
        built.tables.query(built.tables.feeds.get(feed), database, path)
        return [path]
    if not files:
        raise Invalid("There is no file to land.", remedy="Name one, or a --database for a feed of kind sql.")
    return files


def _tell_refusal(path: Path, landing: Landing) -> None:
    """Why a file was refused as a whole; what else was set aside is in the quarantine."""
    for position, _, problems in landing.bad:
        if position == WHOLE:
            err.print(f"{path}: refused.", highlight=False, markup=False)
            for problem in problems:
                err.print(f"  {problem.path or '-'}: {problem.message}", highlight=False, markup=False)


def _tell(tally: Tally, findings: Counter[str], *, as_json: bool) -> None:
    counts = tally.as_json()
    if as_json:
        print(json.dumps({**counts, "findings": dict(sorted(findings.items()))}))
        return
    out.print(tally_table("model", counts))
    for rule, count in findings.most_common():
        err.print(f"  {rule}: {count}", highlight=False, markup=False)
    if tally.quarantined:
        err.print("Some could not be used: see `kangshu quarantine list`.", highlight=False)
