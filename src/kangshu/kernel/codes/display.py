"""Whether the name sent with a code is one of its names, and what to say if not."""

from __future__ import annotations

import json

from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.names import (
    is_same,
    is_same_but_blanks,
    is_withdrawn,
    own_name,
    status_of,
    valid_names,
)
from kangshu.kernel.codes.places import Places
from kangshu.kernel.codes.verdict import Manner, Verdict


def check_display(context: Context, verdict: Verdict, places: Places, manner: Manner) -> None:
    """Say what is wrong with the name that was sent, if one was."""
    given, system, concept = verdict.coding.display, verdict.system, verdict.concept
    if not given or system is None or concept is None:
        return
    valid = [each.value for each in valid_names(system, concept, verdict.listed, context.languages)]
    if any(is_same(given, each) for each in valid):
        return
    words = {"display": given, "system": system.url, "code": concept.code}
    words["languages"] = context.languages.text or "--"
    if not valid:
        _check_default_display(verdict, places, manner, words)
        return
    old = [each for each in concept.designations if is_withdrawn(each) and is_same(each.value, given)]
    if old:
        quoted = ", ".join(json.dumps(each, ensure_ascii=False) for each in valid)
        verdict.add(
            "INACTIVE_DISPLAY_FOUND", places.display, status=status_of(old[0]), choices=quoted, **words
        )
        return
    blanks = any(is_same_but_blanks(given, each) for each in valid)
    kind = (
        "Display_Name_WS_for__should_be_one_of__instead_of"
        if blanks
        else ("Display_Name_for__should_be_one_of__instead_of")
    )
    verdict.add(kind, places.display, severity=_severity(manner), choices=_choices(context, verdict), **words)


def _check_default_display(verdict: Verdict, places: Places, manner: Manner, words: dict[str, str]) -> None:
    """There is no name in the language wanted: the default one will do, and that is said."""
    assert verdict.system is not None
    assert verdict.concept is not None
    own = own_name(verdict.system, verdict.concept, verdict.listed)
    language = verdict.system.language
    default = [each.value for each in verdict.concept.designations if each.language == language]
    default += [own.value] if own else []
    if any(is_same(words["display"], each) for each in default):
        verdict.add("NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK", places.display, **words)
        return
    verdict.add(
        "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR",
        places.display,
        severity=_severity(manner),
        default=own.value if own else "",
        **words,
    )


def _severity(manner: Manner) -> str:
    return "warning" if manner.lenient_display else ""


def _choices(context: Context, verdict: Verdict) -> str:
    assert verdict.system is not None
    assert verdict.concept is not None
    names = valid_names(verdict.system, verdict.concept, verdict.listed, context.languages)
    written = [f"'{each.value}'" + (f" ({each.language})" if each.language else "") for each in names]
    if len(written) == 1:
        return written[0]
    return f"one of {len(written)} choices: {', '.join(written[:-1])} or {written[-1]}"
