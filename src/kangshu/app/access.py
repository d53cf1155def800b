"""Build the access policies from the packs that bring some."""

from __future__ import annotations

from collections.abc import Iterable

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.packs.load import Item, load_items
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.vocabulary import merge, parse_vocabulary


def load_policies(packs: Iterable[Pack]) -> Policies:
    """The policies of every `.cedar` item of the packs, with their schemas and vocabularies put together.

    Raises `Invalid` if there is none, or with every problem of those there are.
    """
    items = [item for pack in packs for item in load_items(pack).values() if "cedar" in item.texts]
    if not items:
        raise Invalid("No pack brings access policies.", remedy="Add the pack standards/access.")
    return Policies(
        texts={f"{item.pack}/{item.stem}.cedar": item.texts["cedar"] for item in items},
        schema="\n".join(item.texts.get("cedarschema", "") for item in items),
        vocabulary=merge(parse_vocabulary(item.texts.get("toml", ""), _where(item)) for item in items),
    )


def _where(item: Item) -> str:
    return f"{item.pack}/{item.stem}.toml"
