"""TLS: only who shows a certificate may send, and the certificate says which institution it is.

The certificates beside this file were made for it, are signed by themselves and valid until 2120.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from kangshu.app.senders import Sender, Senders
from kangshu.interfaces.mllp.listener import tls_context
from kangshu.kernel.base.errors import Invalid

CERTIFICATES = Path(__file__).parent / "certificates"


def test_senders_are_told_apart_by_name_facility_and_certificate() -> None:
    senders = Senders(
        [Sender("HIS", "A", "*", "one"), Sender("*", "*", "his.b", "two"), Sender("*", "C", "*", "three")]
    )
    assert senders.source_of({"HIS"}, {"A", "1.2.3"}, "") == "one"
    assert senders.source_of({"LIS"}, {"A"}, "his.b") == "two"
    assert senders.source_of(set(), {"C"}, "") == "three"
    assert senders.source_of({"HIS"}, {"B"}, "his.c") is None


def test_a_certificate_that_is_none_is_refused_by_name_of_the_option(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no")
    with pytest.raises(Invalid, match="certificate"):
        tls_context(tmp_path / "no.pem", None, None)


def test_only_who_shows_a_certificate_of_the_authority_is_heard() -> None:
    """The handshake as the listener makes it, without a platform behind it."""
    server, client, stranger = (CERTIFICATES / f"{name}.pem" for name in ("server", "his.xry", "stranger"))
    context = tls_context(server, None, client)
    names: list[str] = []

    async def talk(shown: Path) -> bytes:
        async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            certificate = writer.get_extra_info("peercert")
            names.append(certificate["subject"][0][0][1])
            writer.write(await reader.read(1))
            writer.close()

        listening = await asyncio.start_server(heard, "127.0.0.1", 0, ssl=context)
        trusting = ssl.create_default_context(cafile=str(server))
        trusting.check_hostname = False
        trusting.load_cert_chain(shown)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
            writer.write(b"x")
            try:
                return await reader.read()
            except (ssl.SSLError, ConnectionError):
                return b""
            finally:
                writer.close()

    assert asyncio.run(talk(client)) == b"x"
    assert names == ["his.xry"]
    assert asyncio.run(talk(stranger)) == b""
    assert names == ["his.xry"]
