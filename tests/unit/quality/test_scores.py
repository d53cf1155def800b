"""Scores are compared only with what is like them: a feed with itself, a span with the same feeds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kangshu.domains.quality.scores import Score, courses, ranking
from kangshu.domains.quality.scoring import Scoring
from kangshu.kernel.rules.definition import DIMENSIONS

SCORING = Scoring(
    since=date(2026, 1, 1),
    levels={"E": Decimal(1)},
    dimensions=dict.fromkeys(DIMENSIONS, Decimal("0.2")),
    basis="",
)
UNTIL = date(2026, 11, 27)


def score(feed: str, day: date, lost: int, model: str = "SettlementList") -> Score:
    return Score("H1", feed, model, day, 100, 0, 0, {"validity": Decimal(lost)})


def test_a_day_on_which_only_another_feed_came_does_not_mend_the_course_of_a_bad_one() -> None:
    scores = [
        score("settlement_list", date(2026, 11, 20), 50),
        score("settlement_list", date(2026, 11, 26), 60),
        score("fhir", UNTIL, 0, "FHIR"),
    ]
    assert courses(scores, SCORING) == {
        "fhir": [(UNTIL, Decimal(100))],
        "settlement_list": [(date(2026, 11, 20), Decimal(90)), (date(2026, 11, 26), Decimal(88))],
    }


def test_models_of_one_feed_stay_one_course() -> None:
    scores = [score("settlement_list", UNTIL, 50), score("settlement_list", UNTIL, 0, "FeeLine")]
    assert courses(scores, SCORING) == {"settlement_list": [(UNTIL, Decimal(95))]}


def test_a_feed_that_began_lately_does_not_count_as_a_change() -> None:
    before, after = date(2026, 10, 20), date(2026, 11, 20)
    scores = [score("a", before, 50), score("a", after, 50), score("fhir", after, 0, "FHIR")]
    (place,) = ranking(scores, SCORING, until=UNTIL, days=30)
    assert place.total == Decimal(95)
    assert place.change == Decimal(0)


def test_without_anything_to_compare_there_is_no_change() -> None:
    scores = [score("a", date(2026, 10, 20), 50), score("fhir", date(2026, 11, 20), 0, "FHIR")]
    (place,) = ranking(scores, SCORING, until=UNTIL, days=30)
    assert place.change is None
