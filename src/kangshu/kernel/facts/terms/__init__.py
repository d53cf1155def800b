"""From a value of a datatype to the terms it can be found by.

One maker per kind of parameter and datatype. A maker is given the uses of one place (a place may serve
several parameters, as `code` and `combo-code` do) and returns the function that the walk calls with each
value and the `Terms` to add to. Token texts repeat endlessly, so each place remembers its recent ones.
A value of the wrong shape adds nothing: saying so is the checker's task.

Forms of tokens, for parameter `p`, system `s`, code `c`:

token       p=c, with a system p=s|c and p=s|, without p=|c; Identifier with a type: p:of-type=s|c|value
string      p:exact=text as written
reference   p=Type/id, p=https://…/Type/id, p=urn:uuid:…, p=canonical, p=canonical|version;
            p:identifier=c and p:identifier=s|c
uri         p=uri
quantity    p:unit=system|code, p:unit=code, p:unit=unit
all         p:present, whenever there is a value
subjects    @Type/id
"""

from __future__ import annotations

from collections.abc import Callable

from kangshu.kernel.facts.parameters import Kind
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.terms.codes import (
    of_boolean,
    of_code,
    of_coding,
    of_concept,
    of_contact,
    of_identifier,
    of_truth,
)
from kangshu.kernel.facts.terms.place import Place
from kangshu.kernel.facts.terms.ranges import (
    of_date,
    of_money,
    of_number,
    of_period,
    of_quantity,
    of_range,
    of_sampled_data,
    of_timing,
)
from kangshu.kernel.facts.terms.references import of_canonical, of_reference, of_resource
from kangshu.kernel.facts.terms.texts import of_human_name, of_parts, of_string, of_uri

_ADDRESS = ("text", "line", "city", "district", "state", "postalCode", "country")
_QUANTITIES = ("Quantity", "Age", "Duration", "Count", "Distance")
_CODES = ("code", "string", "id", "uri", "url", "canonical", "oid", "uuid")

MAKERS: dict[tuple[Kind, str], Callable[[Place], Take]] = {
    **{("token", datatype): of_code for datatype in _CODES},
    ("token", "boolean"): of_boolean,
    ("token", "truth"): of_truth,
    ("token", "Coding"): of_coding,
    ("token", "CodeableConcept"): of_concept,
    ("token", "Identifier"): of_identifier,
    ("token", "ContactPoint"): of_contact,
    **{("string", datatype): of_string for datatype in ("string", "markdown", "code", "uri")},
    ("string", "HumanName"): of_human_name,
    ("string", "Address"): of_parts(*_ADDRESS),
    ("reference", "Reference"): of_reference,
    ("reference", "canonical"): of_canonical,
    ("reference", "uri"): of_canonical,
    ("reference", "Resource"): of_resource,
    **{("uri", datatype): of_uri for datatype in ("uri", "url", "canonical", "oid", "uuid")},
    **{("number", datatype): of_number for datatype in ("decimal", "integer", "positiveInt", "unsignedInt")},
    **{("date", datatype): of_date for datatype in ("date", "dateTime", "instant")},
    ("date", "Period"): of_period,
    ("date", "Timing"): of_timing,
    **{("quantity", datatype): of_quantity for datatype in _QUANTITIES},
    ("quantity", "Money"): of_money,
    ("quantity", "Range"): of_range,
    ("quantity", "SampledData"): of_sampled_data,
}
"""How the values of a datatype become terms for a parameter of a kind."""
