"""The leaves a page asks for before it reads anything."""

from __future__ import annotations

from kangshu.app.platform import Platform
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.definition import Grant, Principal, Resource


class Denied(Refused):
    """Refused, with what is needed to say why in the reader's language."""

    def __init__(self, error: Refused, action: str, purpose: str) -> None:
        super().__init__(error.message, remedy=error.remedy, code=error.code)
        self.action = action
        self.purpose = purpose


class NotInCare(Refused):
    """The person has nothing here that the reader may see, or does not exist: both look the same."""


def grant_for(platform: Platform, principal: Principal, action: str, resource: Resource) -> Grant:
    """Leave for the usual purpose of the role. Raises `Denied`."""
    purpose = platform.policies.usual_purpose(principal)
    try:
        return platform.policies.decide(principal, action, resource, purpose)
    except Refused as error:
        raise Denied(error, action, purpose) from error


def record_grant(platform: Platform, principal: Principal, person: int) -> Grant:
    """Leave to read a person's record. Raises `Refused`."""
    care = platform.care_orgs(person)
    resource = Resource("fact", person=person, attributes={"care_orgs": care})
    return grant_for(platform, principal, "view_record", resource)


def directory_grant(platform: Platform, principal: Principal) -> Grant:
    """Leave to read names of institutions and staff. Raises `Refused`."""
    return grant_for(platform, principal, "search", Resource("fact", type="Organization"))


def may(platform: Platform, principal: Principal, action: str, resource: Resource) -> bool:
    """Whether a link to it leads anywhere; the page behind asks again."""
    try:
        grant_for(platform, principal, action, resource)
    except Refused:
        return False
    return True
