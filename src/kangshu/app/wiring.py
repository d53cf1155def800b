"""How the parts are put together. By hand, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from kangshu.app.counted_plans import CountedPlans
from kangshu.app.deliveries import Deliveries
from kangshu.app.fact_lake import FactLake
from kangshu.app.fact_quality import FactQuality, read_fact_content
from kangshu.app.institutions import read_institutions
from kangshu.app.intake import Intake
from kangshu.app.journal import Journal
from kangshu.app.kept_views import KeptViews
from kangshu.app.maps import Maps
from kangshu.app.measures import read_measures
from kangshu.app.noting import noting
from kangshu.app.pack_facts import pack_facts
from kangshu.app.plan_books import PlanBooks
from kangshu.app.planning import read_planning
from kangshu.app.platform import Platform
from kangshu.app.registered_names import RegisteredNames
from kangshu.app.senders import read_senders
from kangshu.app.settings import Settings
from kangshu.app.sound_views import read_sound_relations
from kangshu.app.tables import read_tables
from kangshu.app.translation import Translators
from kangshu.app.view_catalogue import read_view_catalogue
from kangshu.app.view_lineage import ViewLineage
from kangshu.app.views import Views
from kangshu.domains.identity.keys import parse_systems
from kangshu.domains.identity.registrar import Registrar, SourcePatient
from kangshu.domains.intake.base_rules import load_required_codes
from kangshu.domains.intake.cda.reading import read_reader
from kangshu.domains.intake.checking import Checker
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables as read_maps
from kangshu.domains.intake.pipeline import Pipeline
from kangshu.domains.quality.facts.passing import Passes
from kangshu.domains.terminology.shelf import Shelf
from kangshu.domains.terminology.targets import parse_targets
from kangshu.kernel.base.time import Clock, utc_now
from kangshu.kernel.facts.access_log import AccessLog
from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.database import Database, Session
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.facts.exclusive import Turns
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.lookup import ids_of
from kangshu.kernel.facts.migrate import migrate
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.packs.find import find_packs
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.vocabulary import merge, parse_vocabulary
from kangshu.kernel.views.elements import parse_elements


def build(
    settings: Settings, *, url: str | None = None, clock: Clock = utc_now, max_connections: int = 20
) -> Platform:
    """A platform on the database of the settings, which is started and brought up to date.

    With `url`, on a database that is known to be ready.
    """
    packs = find_packs(settings.packs)
    catalogue = read_catalogue(packs["fhir_r4"].folder)
    if url is None:
        url = database_url(settings)
        migrate(url, catalogue)
    database = Database(url, max_connections=max_connections)
    checker = Checker(load_required_codes(packs["fhir_r4"].folder))
    extractor = Extractor(catalogue)
    access_log = AccessLog(database)
    note = noting(access_log, clock)
    lake = lake_of(settings)
    institutions = read_institutions((pack.folder for pack in packs.values()), RegisteredNames(lake))
    pipeline = Pipeline(catalogue, checker, extractor, _identify(packs), _find(catalogue))
    codes = Shelf(database, clock)
    journal = Journal(database, clock)
    targets = parse_targets((packs["local_codes"].folder / "targets.toml").read_text("utf-8"), "targets.toml")
    translators = Translators(codes, targets, clock)
    policies = read_policies(packs)
    tables = read_tables(packs, lake, settings.home / "codes")
    elements = parse_elements((packs["fhir_r4"].folder / "elements.tsv").read_text("utf-8"))
    relations, refused = read_sound_relations(packs, tuple(catalogue.types), tables.models, elements)
    views = Views(KeptViews(FactLake(database, tables.lake, tuple(catalogue.types), clock), relations), note)
    books = PlanBooks(tables.lake, database, policies, note, clock)
    planning = read_planning(packs, views, note, books, refused)
    measures = read_measures(packs, planning, clock)
    view_catalogue = read_view_catalogue(
        {name: pack for name, pack in packs.items() if name not in refused}, views.views
    )
    return Platform(
        settings=settings,
        clock=clock,
        catalogue=catalogue,
        extractor=extractor,
        policies=policies,
        institutions=institutions,
        database=database,
        checker=checker,
        pipeline=pipeline,
        intake=Intake(
            database=database,
            clock=clock,
            messages=journal,
            deliveries=Deliveries(database, clock, journal, institutions, tables),
            institutions=institutions,
            pipeline=pipeline,
            cda=read_reader({name: pack.folder for name, pack in packs.items()}),
            hl7=Hl7Reader(read_maps(packs["hl7v2"].folder, _places(packs))),
            codes=codes,
            translators=translators,
            note=note,
        ),
        senders=read_senders(_places(packs)),
        access_log=access_log,
        note=note,
        turns=Turns(database),
        codes=codes,
        targets=targets,
        translators=translators,
        tables=tables,
        views=views,
        planning=planning,
        measures=measures,
        view_catalogue=view_catalogue,
        pack_facts=pack_facts([*measures.resources, *view_catalogue.libraries], extractor),
        counted_plans=CountedPlans(planning),
        maps=Maps(settings.home / "maps"),
        view_lineage=ViewLineage(views.kept, planning.places, note),
        fact_quality=FactQuality(
            Passes(
                database,
                tables.lake,
                read_fact_content(packs, tables.content.macros),
                lambda source: institutions.get(source).county,
            ),
            clock,
        ),
    )


def database_url(settings: Settings) -> str:
    """The server of the settings, or the embedded one, which is started if it does not run."""
    return settings.database_url or embedded.start(settings.home / "postgres")


def lake_of(settings: Settings) -> Lake:
    """The lake of the settings: a folder beside the database, or an object store."""
    return Lake(settings.lake_url or str(settings.home / "lake"), settings.home / "scratch")


def read_policies(packs: Mapping[str, Pack]) -> Policies:
    """The access policies of all packs that have any."""
    folders = [pack.folder for pack in packs.values()]
    texts = {
        path.name: path.read_text("utf-8") for folder in folders for path in sorted(folder.glob("*.cedar"))
    }
    schemas = [path.read_text("utf-8") for folder in folders for path in sorted(folder.glob("*.cedarschema"))]
    words = [
        parse_vocabulary(path.read_text("utf-8"), path.name)
        for folder in folders
        for path in folder.glob("access.toml")
    ]
    return Policies(texts=texts, schema="\n".join(schemas), vocabulary=merge(words))


def _identify(packs: Mapping[str, Pack]):
    systems = parse_systems((packs["cn_identifiers"].folder / "identifiers.toml").read_text("utf-8"))
    registrar = Registrar(systems)

    def identify(
        session: Session,
        *,
        patients: Sequence[tuple[str, Mapping[str, Any]]],
        mentioned: Sequence[str],
        org: str,
        county: str,
        now: datetime,
    ) -> Mapping[str, int]:
        sources = [SourcePatient(address, resource) for address, resource in patients]
        return registrar.identify(
            session, patients=sources, mentioned=mentioned, org=org, county=county, now=now
        )

    return identify


def _places(packs: Mapping[str, Pack]) -> list[Path]:
    return [pack.folder for pack in packs.values() if pack.manifest.kind == "place"]


def _find(catalogue: Catalogue):
    def find(session: Session, type_: str, search: str) -> list[tuple[str, str]]:
        pairs = parse_qsl(search, keep_blank_values=True)
        return ids_of(session, parse_query(catalogue, type_, pairs, count=20, total="none"))

    return find
