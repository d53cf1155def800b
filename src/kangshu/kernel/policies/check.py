"""Check an access pack: every problem of its policies, words and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.examples import Example, parse_examples, run_example
from kangshu.kernel.policies.part import Policy
from kangshu.kernel.policies.vocabulary import parse_vocabulary


def check_access(*, texts: Mapping[str, str], schema: str, vocabulary: str, examples: str) -> list[Problem]:
    """The problems of one access pack, given as the texts of its files; raises nothing.

    Beyond what `Policies` refuses to load: each policy needs an example that it decides and a near
    miss that it does not, and every example must come out as written.
    """
    try:
        policies = Policies(texts=texts, schema=schema, vocabulary=parse_vocabulary(vocabulary))
        parsed = parse_examples(examples)
    except Invalid as error:
        return list(error.as_problems())
    problems = [problem for example in parsed if (problem := run_example(policies, example)) is not None]
    for policy in policies.policies.values():
        problems += _missing(policy, [example for example in parsed if example.policy == policy.id])
    known = {policy.id for policy in policies.policies.values()}
    problems += [
        Problem("error", "example", example.policy, "is in the examples, but is no policy")
        for example in parsed
        if example.policy not in known
    ]
    return problems


def _missing(policy: Policy, examples: Sequence[Example]) -> list[Problem]:
    outcomes = {example.outcome for example in examples}
    hits, misses = ({"allow"}, {"refuse", "other"}) if policy.effect == "permit" else ({"refuse"}, {"allow"})
    found: list[Problem] = []
    if not outcomes & hits:
        found.append(Problem("error", "example", policy.id, "has no example that it decides"))
    if not outcomes & misses:
        found.append(Problem("error", "example", policy.id, "has no example of a near miss"))
    return found
