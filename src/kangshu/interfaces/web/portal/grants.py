"""The leaves a page asks for before it reads anything."""

from __future__ import annotations

from kangshu.app.platform import Platform
from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.policies.definition import Grant, Principal, Resource


def grant_for(platform: Platform, principal: Principal, action: str, resource: Resource) -> Grant:
    """Leave for the usual purpose of the role. Raises `Refused`."""
    purpose = platform.policies.usual_purpose(principal)
    return platform.policies.decide(principal, action, resource, purpose)


def record_grant(platform: Platform, principal: Principal, person: int) -> Grant:
    """Leave to read a person's record. Raises `Refused`."""
    care = platform.care_orgs(person)
    resource = Resource("fact", person=person, attributes={"care_orgs": care})
    return grant_for(platform, principal, "view_record", resource)


def directory_grant(platform: Platform, principal: Principal) -> Grant:
    """Leave to read names of institutions and staff. Raises `Refused`."""
    return grant_for(platform, principal, "search", Resource("fact", type="Organization"))


def may(platform: Platform, principal: Principal, action: str, resource: Resource) -> bool:
    """Whether a link to it makes sense; the page behind asks again."""
    try:
        grant_for(platform, principal, action, resource)
    except KangshuError:
        return False
    return True
