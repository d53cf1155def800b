"""What rules, feeds and models are called on the pages of data quality, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.page import Call


def rule_titles(platform: Platform, call: Call) -> Mapping[str, str]:
    tables = platform.tables
    return tables.titles_en() if call.words.language == "en" else tables.titles()


def feed_title(platform: Platform, call: Call, feed: str) -> str:
    known = platform.tables.feeds.by_name.get(feed)
    if known is None:
        return call.words.say_or(f"feed.{feed}", feed)
    return known.title_en if call.words.language == "en" else known.title


def model_title(platform: Platform, call: Call, model: str) -> str:
    known = platform.tables.model(model)
    if known is None:
        return call.words.say_or(f"model.{model or 'none'}", model)
    return known.title_en if call.words.language == "en" else known.title
