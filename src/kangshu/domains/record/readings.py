"""Where each FHIR R4 type keeps what an entry shows: one row per type, behaviour is in `read`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.domains.record.entry import Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a type keeps what an entry shows. Paths are dotted; the first that yields text wins.

    details   (label, path) pairs; a label is a key of the portal's strings
    parts     references to facts that belong inside this one
    people    references to those who did it
    """

    kind: Kind
    title: tuple[str, ...]
    when: tuple[str, ...]
    status: str = "status"
    details: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


_TITLES = ("code", "type", "category", "title", "name", "description", "topic", "reasonCode", "purpose")
_TIMES = (
    "effective",
    "performed",
    "occurrence",
    "period",
    "start",
    "authoredOn",
    "authored",
    "date",
    "recordedDate",
    "recorded",
    "created",
    "issued",
    "sent",
    "started",
    "servicedPeriod",
    "whenHandedOver",
    "whenPrepared",
    "identified",
    "dateTime",
    "timestamp",
    "collection.collected",
)
_NOTE = ("note", "note")
_REASON = ("reason", "reasonCode")

OTHER = Reading("other", _TITLES, _TIMES, details=(_REASON, _NOTE))
_PLAN = Reading(
    "plan",
    ("title", "description", "category", "code", *_TITLES),
    ("period", "start", *_TIMES),
    details=(("activity", "activity.detail.code"), ("addresses", "addresses"), _REASON, _NOTE),
    people=("author", "managingOrganization", "careManager"),
)
_ORDER = Reading(
    "order",
    ("code", "medication", *_TITLES),
    ("occurrence", "authoredOn", *_TIMES),
    details=(("priority", "priority"), ("body_site", "bodySite"), _REASON, _NOTE),
    people=("requester", "performer"),
)
_DOCUMENT = Reading(
    "document",
    ("title", "type", "description", "content.attachment.title", "questionnaire", *_TITLES),
    ("date", "content.attachment.creation", *_TIMES),
    details=(("category", "category"), ("description", "description")),
    people=("author", "authenticator", "operator"),
    parts=("context.related",),
)
_MEDICINE = Reading(
    "medicine",
    ("medication",),
    ("effective", "authoredOn", "occurrence", "whenHandedOver", "whenPrepared", "dateAsserted"),
    details=(
        ("quantity", "dispenseRequest.quantity"),
        ("quantity", "quantity"),
        ("days", "daysSupply"),
        _REASON,
        _NOTE,
    ),
    people=("requester", "performer.actor", "informationSource"),
)
_BILL = Reading(
    "bill",
    ("type", "item.productOrService", "code", "category"),
    ("billablePeriod", "servicedPeriod", "occurrence", "period", "created", "date", "paymentDate"),
    details=(("total", "total"), ("total", "totalNet"), ("payment", "payment.amount")),
    people=("provider", "insurer", "payor"),
)

READINGS: Mapping[str, Reading] = {
    "Encounter": Reading(
        "visit",
        ("type", "serviceType", "reasonCode"),
        ("period", "statusHistory.period"),
        details=(
            ("department", "serviceType"),
            _REASON,
            ("discharge", "hospitalization.dischargeDisposition"),
            ("length", "length"),
        ),
        people=("participant.individual", "serviceProvider"),
    ),
    "Condition": Reading(
        "diagnosis",
        ("code", "bodySite", "category"),
        ("onset", "recordedDate", "abatement"),
        status="clinicalStatus",
        details=(
            ("verification", "verificationStatus"),
            ("severity", "severity"),
            ("stage", "stage.summary"),
            ("body_site", "bodySite"),
            _NOTE,
        ),
        people=("asserter", "recorder"),
    ),
    "AllergyIntolerance": Reading(
        "allergy",
        ("code", "reaction.substance", "category"),
        ("onset", "recordedDate", "lastOccurrence"),
        status="clinicalStatus",
        details=(
            ("criticality", "criticality"),
            ("reaction", "reaction.manifestation"),
            ("verification", "verificationStatus"),
            _NOTE,
        ),
        people=("asserter", "recorder"),
    ),
    "MedicationRequest": _MEDICINE,
    "MedicationStatement": _MEDICINE,
    "MedicationDispense": _MEDICINE,
    "MedicationAdministration": _MEDICINE,
    "Immunization": Reading(
        "vaccine",
        ("vaccineCode",),
        ("occurrence", "recorded"),
        details=(
            ("dose_number", "protocolApplied.doseNumber"),
            ("lot", "lotNumber"),
            ("maker", "manufacturer"),
            ("route", "route"),
            ("body_site", "site"),
            _NOTE,
        ),
        people=("performer.actor",),
    ),
    "ImmunizationRecommendation": Reading(
        "plan", ("recommendation.vaccineCode",), ("date",), people=("authority",)
    ),
    "ImmunizationEvaluation": Reading("vaccine", ("targetDisease",), ("date",)),
    "Observation": Reading(
        "result",
        ("code",),
        ("effective", "issued"),
        details=(
            ("method", "method"),
            ("body_site", "bodySite"),
            ("specimen", "specimen"),
            ("reason_absent", "dataAbsentReason"),
            _NOTE,
        ),
        parts=("hasMember",),
        people=("performer",),
    ),
    "DiagnosticReport": Reading(
        "report",
        ("code", "category"),
        ("effective", "issued"),
        details=(("conclusion", "conclusion"), ("conclusion_code", "conclusionCode")),
        parts=("result", "imagingStudy", "media.link"),
        people=("performer", "resultsInterpreter"),
    ),
    "ImagingStudy": Reading(
        "report",
        ("description", "procedureCode", "series.bodySite", "modality", "series.modality"),
        ("started", "series.started"),
        details=(("modality", "series.modality"), ("images", "numberOfInstances"), _REASON, _NOTE),
        people=("interpreter", "referrer"),
    ),
    "Procedure": Reading(
        "procedure",
        ("code", "category"),
        ("performed",),
        details=(("body_site", "bodySite"), ("outcome", "outcome"), _REASON, _NOTE),
        parts=("report",),
        people=("performer.actor",),
    ),
    "ServiceRequest": _ORDER,
    "DeviceRequest": _ORDER,
    "NutritionOrder": _ORDER,
    "VisionPrescription": _ORDER,
    "SupplyRequest": _ORDER,
    "CommunicationRequest": _ORDER,
    "RequestGroup": _ORDER,
    "Task": _ORDER,
    "Appointment": Reading(
        "order",
        ("serviceType", "appointmentType", "description", "reasonCode"),
        ("start", "requestedPeriod", "created"),
        details=(_REASON, ("comment", "comment")),
        people=("participant.actor",),
    ),
    "CarePlan": _PLAN,
    "CareTeam": Reading("plan", ("name", "category"), ("period",), people=("participant.member",)),
    "Goal": Reading(
        "plan",
        ("description",),
        ("start", "statusDate"),
        status="lifecycleStatus",
        details=(("achievement", "achievementStatus"), ("due", "target.due"), _NOTE),
        people=("expressedBy",),
    ),
    "EpisodeOfCare": Reading(
        "plan",
        ("type", "diagnosis.condition"),
        ("period",),
        people=("managingOrganization", "careManager", "team"),
    ),
    "Flag": Reading("risk", ("code", "category"), ("period",), people=("author",)),
    "RiskAssessment": Reading(
        "risk",
        ("prediction.outcome", "code", "method"),
        ("occurrence",),
        details=(("probability", "prediction.probability"), ("mitigation", "mitigation"), _NOTE),
        people=("performer",),
    ),
    "DetectedIssue": Reading(
        "risk", ("code", "detail"), ("identified",), details=(("severity", "severity"),)
    ),
    "AdverseEvent": Reading(
        "risk",
        ("event", "category"),
        ("date", "detected"),
        status="actuality",
        details=(("severity", "severity"),),
    ),
    "ClinicalImpression": Reading(
        "document", ("summary", "description", "code"), ("effective", "date"), people=("assessor",)
    ),
    "DocumentReference": _DOCUMENT,
    "DocumentManifest": _DOCUMENT,
    "Composition": _DOCUMENT,
    "QuestionnaireResponse": _DOCUMENT,
    "Media": _DOCUMENT,
    "Consent": Reading(
        "document", ("category", "scope"), ("dateTime",), people=("performer", "organization")
    ),
    "FamilyMemberHistory": Reading(
        "social",
        ("relationship", "name"),
        ("date",),
        details=(("conditions", "condition.code"), ("name", "name"), _NOTE),
    ),
    "NutritionIntake": OTHER,
    "Claim": _BILL,
    "ClaimResponse": _BILL,
    "ExplanationOfBenefit": _BILL,
    "ChargeItem": _BILL,
    "Invoice": _BILL,
    "Account": _BILL,
    "Coverage": Reading("bill", ("type", "class.name"), ("period",), people=("payor",)),
    "Communication": Reading("other", ("topic", "payload.content", "category"), ("sent", "received")),
    "DeviceUseStatement": Reading("procedure", ("device", "reasonCode"), ("timing", "recordedOn")),
    "Specimen": Reading("order", ("type",), ("collection.collected", "receivedTime")),
    "BodyStructure": Reading("other", ("location", "morphology", "description"), ()),
    "RelatedPerson": Reading("social", ("relationship",), ("period",), details=(("name", "name"),)),
}
