"""The catalogue: which faults there are, and which befalls which message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from kangshu.domains.synthetic.chance import chance
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.faults.documents import DOCUMENT_FAULTS
from kangshu.domains.synthetic.faults.messages import MESSAGE_FAULTS
from kangshu.domains.synthetic.hl7v2.message import Message
from kangshu.domains.synthetic.sources import Fault
from kangshu.kernel.base.errors import Invalid

OUT_OF_ORDER, DUPLICATE = "out_of_order", "duplicate"


@dataclass(frozen=True, slots=True)
class Befallen:
    """A message as it is sent; `fault` is empty for one that is right."""

    message: Message
    fault: str = ""


class Catalogue:
    """The faults of the county's table. Raises `Invalid` if table and program do not name the same ones."""

    def __init__(self, county: County) -> None:
        self.faults: Mapping[str, Fault] = {each.name: each for each in county.faults}
        known = {*MESSAGE_FAULTS, *DOCUMENT_FAULTS, OUT_OF_ORDER, DUPLICATE, "faulty_rows"}
        if known != set(self.faults):
            odd = ", ".join(sorted(known ^ set(self.faults)))
            raise Invalid(f"faults.tsv and the program differ in: {odd}.", remedy="Correct the table.")

    def messages(
        self, right: Sequence[Message], *, seed: int, share: float, only: Sequence[str] = ()
    ) -> Iterator[Befallen]:
        """The messages of one sender, a share of them with a fault each, in the order they are sent."""
        held: Befallen | None = None
        names = [each for each in (*MESSAGE_FAULTS, DUPLICATE, OUT_OF_ORDER) if not only or each in only]
        for message in right:
            throw = chance(seed, f"fault/{message.control}")
            name = throw.choice(names) if throw.random() < share else ""
            for each in _befallen(message, name, throw):
                if name == OUT_OF_ORDER and held is None:
                    held = each
                    continue
                yield each
            if held is not None and held.message is not message:
                yield held
                held = None
        if held is not None:
            yield held

    def document(self, xml: bytes, name: str, *, seed: int, share: float) -> tuple[bytes, str]:
        """The document of a name as it is sent, and its fault."""
        throw = chance(seed, f"fault/{name}")
        if throw.random() >= share:
            return xml, ""
        fault = throw.choice(list(DOCUMENT_FAULTS))
        return DOCUMENT_FAULTS[fault](xml), fault


def _befallen(message: Message, name: str, throw: Random) -> Iterator[Befallen]:
    """What is sent for a message with a fault; without one where the fault does not fit the message."""
    if name == DUPLICATE:
        yield Befallen(message)
        yield Befallen(message.again(f"{message.control}R"), name)
        return
    if name == OUT_OF_ORDER or not name:
        yield Befallen(message, name)
        return
    wrong = MESSAGE_FAULTS[name](message, throw)
    yield Befallen(message) if wrong is None else Befallen(wrong, name)
