"""`kangshu load`: files and folders of FHIR into the platform."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from kangshu.app.loading import Loaded, files_below, is_archive, left_out, load
from kangshu.domains.intake.source import parse_source
from kangshu.interfaces.cli.console import (
    WITH_PROBLEMS,
    errors_told,
    operator_grant,
    out,
    platform,
    progress_bar,
    say,
)
from kangshu.interfaces.cli.tally_table import tally_table
from kangshu.kernel.facts.reader import Use

MOST_NAMED = 10
"""Files, or kinds of files, that are told one by one."""


def command(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders of files: FHIR R4 JSON, CDA, HL7 v2.")
    ],
    source: Annotated[str, typer.Option(help="Code of the institution the data is from.")] = "LOCAL",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON on the last line.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; default: one per core.")
    ] = None,
) -> None:
    """Load FHIR files (bundles of every type, NDJSON, single resources) and CDA documents, plain or gzip,
    and HL7 v2 messages (.hl7), these in the order of their names.

    Every file is a message: it is journalled, checked, joined to persons and stored. What cannot be
    used goes to quarantine. Loading the same files twice changes nothing.

    Example: kangshu load ward-7/ discharge.ndjson.gz --source H44099900001
    """
    with errors_told():
        files, source = files_below(paths), parse_source(source)
        others = left_out(paths)
    archives = [path for path in others if is_archive(path)]
    _tell_left_out(others, archives)
    with platform() as built:
        grant = operator_grant(built, "load")
        with progress_bar("Loading") as progress:
            loaded = load(built, {source: files}, progress, processes=processes)
        built.note(grant, Use(None, (), (), sum(loaded.tally.received.values())))
        built.database.settle()
    _tell(loaded, as_json=as_json)
    if loaded.unreadable or loaded.tally.quarantined or archives:
        raise typer.Exit(WITH_PROBLEMS)


def _tell_left_out(others: list[Path], archives: list[Path]) -> None:
    """What lies in the folders beside the files to load: somebody may have meant it to be loaded."""
    for path in archives[:MOST_NAMED]:
        say(f"{path}: left out, it is an archive. Unpack it first.")
    rest = len(archives) - MOST_NAMED
    if rest > 0:
        say(f"… and {rest} more archives.")
    kinds = Counter(path.suffix or path.name for path in others if not is_archive(path))
    if kinds:
        named = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(MOST_NAMED))
        say(f"Left out, for they are of other kinds: {named}.")


def _tell(loaded: Loaded, *, as_json: bool) -> None:
    for file in loaded.unreadable:
        say(f"{file.name}: {file.reason}")
    counts = loaded.tally.as_json()
    if as_json:
        print(json.dumps({"files": loaded.files, "unreadable": len(loaded.unreadable), **counts}))
        return
    counts = loaded.tally.by_type()
    table = tally_table("type", counts, f"{loaded.files} files")
    table.add_section()
    table.add_row("all", *(str(sum(found.values())) for found in counts.values()))
    out.print(table)
    if loaded.tally.left_out:
        reasons = ", ".join(f"{count} {code}" for code, count in loaded.tally.left_out.most_common())
        say(f"Parts of documents that became no fact: {reasons}.")
    if loaded.tally.quarantined:
        say("Some could not be used: see `kangshu quarantine list`.")
