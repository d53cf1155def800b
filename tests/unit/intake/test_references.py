"""References and attachment addresses lead to where their targets are stored."""

from __future__ import annotations

from kangshu.domains.intake.references import rewrite

ENTRY = b"urn:uuid:5f0a1c9e-8b9c-4c62-9d33-1a2b3c4d5e6f"


def test_a_reference_and_the_address_of_an_attachment_are_rewritten() -> None:
    body = b'{"subject":{"reference":"%s"},"content":[{"attachment":{"url" : "%s"}}]}' % (ENTRY, ENTRY)
    assert rewrite(body, {ENTRY: b"Binary/1"}) == (
        b'{"subject":{"reference":"Binary/1"},"content":[{"attachment":{"url" : "Binary/1"}}]}'
    )


def test_the_url_of_an_extension_is_left_alone() -> None:
    body = b'{"extension":[{"url":"http://example.org/a","valueString":"%s"}]}' % ENTRY
    assert rewrite(body, {ENTRY: b"Binary/1", b"http://example.org/a": b"x"}) == body
