"""Handing a message to a server over HTTP."""

from __future__ import annotations

from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from kangshu.domains.synthetic.sending import Sent
from kangshu.kernel.base.errors import Invalid, Unavailable

_TYPES = {"fhir": "application/fhir+json", "cda": "application/hl7-cda+xml"}


def post(address: str, token: str, message: Sent) -> str:
    """Post a message to the intake of the server at an address; the status it answered.

    Raises `Invalid` for a format that is not taken by HTTP or a token that is refused, `Unavailable` when
    nobody answers.
    """
    media = _TYPES.get(message.format)
    if media is None:
        raise Invalid(
            f"{message.org} sends {message.format}, which is not taken by HTTP.",
            remedy="Send HL7 v2 to HOST:PORT, tables to a folder.",
        )
    url = f"{address.rstrip('/')}/intake/fhir?{urlencode({'source': message.org})}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
    request = Request(url, message.content, headers, method="POST")  # noqa: S310 - checked by the caller
    try:
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            return str(answer.status)
    except HTTPError as error:
        if error.code in (401, 403):
            raise Invalid(
                f"The token is refused (HTTP {error.code}).", remedy="Make one with `kangshu token`."
            ) from None
        return str(error.code)
    except URLError:
        raise Unavailable(f"Nobody answers at {address}.", remedy="Start it with `kangshu serve`.") from None
