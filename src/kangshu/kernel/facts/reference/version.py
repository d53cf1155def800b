"""A version of a fact, with the terms by which it is found."""

from __future__ import annotations

from dataclasses import dataclass

from kangshu.kernel.facts.definition import Fact, Terms


@dataclass(frozen=True, slots=True)
class Version:
    """One of the versions that the store keeps."""

    fact: Fact
    terms: Terms

    @property
    def is_current(self) -> bool:
        """Whether no later one has taken its place."""
        return self.fact.superseded_at is None

    @property
    def is_seen(self) -> bool:
        """Whether a search can find it."""
        return self.is_current and not self.fact.deleted
