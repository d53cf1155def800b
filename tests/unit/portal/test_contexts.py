"""Pages keep their contract: a template uses what its context declares, all of it, and nothing else."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from kangshu.interfaces.web.portal import page as module
from kangshu.interfaces.web.portal.access_log import AccessLogPage
from kangshu.interfaces.web.portal.entry import EntryPage
from kangshu.interfaces.web.portal.home import HomePage
from kangshu.interfaces.web.portal.index import IndexPage
from kangshu.interfaces.web.portal.indicator import IndicatorPage
from kangshu.interfaces.web.portal.institutions import InstitutionsPage
from kangshu.interfaces.web.portal.local_codes import LocalCodePage, LocalCodesPage
from kangshu.interfaces.web.portal.page import Page, environment
from kangshu.interfaces.web.portal.performance import PerformancePage
from kangshu.interfaces.web.portal.plan_entry import PlanEntryPage
from kangshu.interfaces.web.portal.plan_projects import PlanProjectsPage
from kangshu.interfaces.web.portal.plan_published import PlanPublishedPage
from kangshu.interfaces.web.portal.plan_report import PlanReportPage
from kangshu.interfaces.web.portal.plans import PlanPage
from kangshu.interfaces.web.portal.quality import QualityPage
from kangshu.interfaces.web.portal.quality_of import InstitutionQualityPage
from kangshu.interfaces.web.portal.quarantine import QuarantinePage
from kangshu.interfaces.web.portal.record import (
    AccessesPage,
    DocumentsPage,
    OverviewPage,
    SourcesPage,
    TimelinePage,
    TrendsPage,
)
from kangshu.interfaces.web.portal.refusal import RefusalPage
from kangshu.interfaces.web.portal.reports.html import ReportFile
from kangshu.interfaces.web.portal.residents import ResidentsPage
from kangshu.interfaces.web.portal.resources import ResourcesPage
from kangshu.interfaces.web.portal.units import UnitsPage
from kangshu.interfaces.web.portal.views import ViewPage, ViewsPage
from kangshu.interfaces.web.portal.words import words
from kangshu.interfaces.web.portal.work_items import WorkItemPage, WorkItemsPage

PAGES: tuple[type[Page], ...] = (
    AccessLogPage,
    AccessesPage,
    DocumentsPage,
    EntryPage,
    HomePage,
    IndexPage,
    IndicatorPage,
    InstitutionQualityPage,
    InstitutionsPage,
    LocalCodePage,
    LocalCodesPage,
    OverviewPage,
    PlanEntryPage,
    PerformancePage,
    PlanPage,
    PlanProjectsPage,
    PlanPublishedPage,
    PlanReportPage,
    QualityPage,
    QuarantinePage,
    RefusalPage,
    ReportFile,
    ResidentsPage,
    ResourcesPage,
    SourcesPage,
    TimelinePage,
    TrendsPage,
    UnitsPage,
    ViewPage,
    ViewsPage,
    WorkItemPage,
    WorkItemsPage,
)
FOR_THE_CHROME = {"synthetic"}
"""Fields that reach the template through `chrome`."""


def used_names(template: str) -> set[str]:
    """Names a template and those it extends take from the context. Macros take theirs from their caller."""
    jinja = environment("zh")
    assert jinja.loader
    source = jinja.loader.get_source(jinja, template)[0]
    tree = jinja.parse(source)
    found = meta.find_undeclared_variables(tree) - {macro.name for macro in tree.find_all(nodes.Macro)}
    for parent in tree.find_all(nodes.Extends):
        assert isinstance(parent.template, nodes.Const)
        found |= used_names(parent.template.value)
    return found - set(jinja.globals) - {"parts", "plans_of", "quality", "report", "evaluation"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_the_template_uses_what_the_context_declares(page: type[Page]) -> None:
    declared = {field.name for field in fields(page)}
    used = used_names(page.template)
    assert used - declared <= {"chrome"}
    assert declared - used <= FOR_THE_CHROME


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_every_page_is_described_and_named(page: type[Page]) -> None:
    assert page.__doc__
    assert page.title in words("zh").texts


def test_every_template_belongs_to_a_page() -> None:
    folder = Path(module.__file__).parent / "templates"
    bases = {
        "base.html",
        "record.html",
        "parts.html",
        "plan_parts.html",
        "quality_parts.html",
        "report_parts.html",
        "evaluation_parts.html",
        "view_parts.html",
    }
    assert {path.name for path in folder.glob("*.html")} == {page.template for page in PAGES} | bases
