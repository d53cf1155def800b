"""What packs bring for judging facts: rules, the views they look at, and how those are described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.kernel.lake.model import Models
from kangshu.kernel.rules.definition import Dimension, Level, Rule, RuleSet

FORM = "form"
"""The finding of what intake could not take: it waits in quarantine."""

OTHER = "FHIR"
"""The model of types without rules: only their form was checked."""

DAY = "FeedDay"
"""The model of days on which a feed was to come."""


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is said of an entry in quarantine."""

    title: str = "未通过接入检查，已隔离"
    message: str = "did not pass the check at intake and waits in quarantine"
    why: str = "报文或其中的条目不符合接口规范，未能入库；隔离区记有每一处问题。"
    mend: str = "按隔离区所列问题改正后重新发送；改正平台对照或字典后，可请运营方重新处理该报文。"
    level: Level = "E"
    dimension: Dimension = "validity"


FORM_FAULT = FormFault()


@dataclass(frozen=True, slots=True)
class FactContent:
    """Rules about facts.

    models  the views the rules look at; the name of one is the type of its facts
    macros  SQL functions that rules and views build on
    """

    rules: RuleSet
    models: Models
    macros: str = ""

    @property
    def of_facts(self) -> Sequence[Rule]:
        """The rules that look at facts."""
        return [rule for rule in self.rules.rules if rule.on != DAY]

    @property
    def of_days(self) -> Sequence[Rule]:
        """The rules that look at whole days."""
        return [rule for rule in self.rules.rules if rule.on == DAY]

    @property
    def types(self) -> Sequence[str]:
        """The types of facts there are rules about, in order."""
        return sorted(self.rules.models - {DAY})
