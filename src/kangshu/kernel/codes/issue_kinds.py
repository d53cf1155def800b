"""Everything that may be wrong with a code or a value set: one table of codes and words.

They are those that the HL7 terminology ecosystem agreed on, so that clients recognise them:
https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of issue.

    tx          its code in the code system tx-issue-type
    is_told     the message of the answer has it
    message_id  how the ecosystem calls it, where that is not its name in the table
    """

    severity: str
    code: str
    tx: str
    text: str
    is_told: bool = True
    message_id: str = ""


_UNKNOWN_SYSTEM = "A definition for CodeSystem '{system}' could not be found, so the code cannot be validated"
_UNKNOWN_VERSION = (
    "A definition for CodeSystem '{system}' version '{version}' could not be found, so the {what}"
)
_NOT_IN = "The provided code '{code}' was not found in the value set '{value_set}'"
_WRONG_DISPLAY = (
    "Wrong {what} '{display}' for {system}#{code}. Valid display is {choices}"
    " (for the language(s) '{languages}')"
)
_NO_DISPLAY = "There are no valid display names found for"
_MISMATCH = "The code system '{system}' version '{version}'"
_IN_VALUE = "in the ValueSet include is different to the one in the value ('{given}')"
_REVIEW = "and its use should be reviewed"

KINDS: dict[str, Kind] = {
    "CODESYSTEM_CS_NO_SUPPLEMENT": Kind(
        "error",
        "invalid",
        "invalid-data",
        "CodeSystem {system} is a supplement, so can't be used as a value in Coding.system",
    ),
    "CONCEPT_DEPRECATED_IN_VALUESET": Kind(
        "warning",
        "business-rule",
        "code-comment",
        "The presence of the concept '{code}' in the system '{system}' in the value set {value_set} is marked"
        f" with a status of {{status}} {_REVIEW}",
        is_told=False,
    ),
    "Coding_has_no_system__cannot_validate": Kind(
        "warning",
        "invalid",
        "invalid-data",
        "Coding has no system. A code with no system has no defined meaning, and it cannot be validated."
        " A system should be provided",
    ),
    "DEPRECATED_CONCEPT_FOUND": Kind(
        "warning", "business-rule", "code-comment", f"The concept '{{code}}' is deprecated {_REVIEW}"
    ),
    "Display_Name_WS_for__should_be_one_of__instead_of": Kind(
        "error", "invalid", "invalid-display", _WRONG_DISPLAY.replace("{what}", "whitespace in Display Name")
    ),
    "Display_Name_for__should_be_one_of__instead_of": Kind(
        "error", "invalid", "invalid-display", _WRONG_DISPLAY.replace("{what}", "Display Name")
    ),
    "INACTIVE_CONCEPT_FOUND": Kind(
        "warning",
        "business-rule",
        "code-comment",
        f"The concept '{{code}}' has a status of {{status}} {_REVIEW}",
    ),
    "INACTIVE_DISPLAY_FOUND": Kind(
        "warning",
        "invalid",
        "display-comment",
        "'{display}' is no longer considered a correct display for code '{code}' (status = {status})."
        " The correct display is one of {choices}.",
        is_told=False,
    ),
    "MSG_DEPRECATED": Kind(
        "information", "business-rule", "status-check", "Reference to deprecated {what}", is_told=False
    ),
    "MSG_DRAFT": Kind(
        "information", "business-rule", "status-check", "Reference to draft {what}", is_told=False
    ),
    "MSG_EXPERIMENTAL": Kind(
        "information", "business-rule", "status-check", "Reference to experimental {what}", is_told=False
    ),
    "MSG_WITHDRAWN": Kind(
        "information", "business-rule", "status-check", "Reference to withdrawn {what}", is_told=False
    ),
    "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR": Kind(
        "error",
        "invalid",
        "invalid-display",
        f"Wrong Display Name '{{display}}' for {{system}}#{{code}}. {_NO_DISPLAY} language(s)"
        " '{languages}'. Default display is '{default}'",
    ),
    "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK": Kind(
        "information",
        "invalid",
        "invalid-display",
        f"{_NO_DISPLAY} the code {{system}}#{{code}} for language(s) '{{languages}}'. The display is"
        " '{display}' which is a valid display for the default language",
    ),
    "None_of_the_provided_codes_are_in_the_value_set_one": Kind(
        "error", "code-invalid", "not-in-vs", _NOT_IN
    ),
    "this-code-not-in-vs": Kind(
        "information",
        "code-invalid",
        "this-code-not-in-vs",
        _NOT_IN,
        is_told=False,
        message_id="None_of_the_provided_codes_are_in_the_value_set_one",
    ),
    "STATUS_CODE_WARNING_CODE": Kind(
        "error", "business-rule", "code-rule", "The concept '{code}' is valid but is not active"
    ),
    "TX_GENERAL_CC_ERROR_MESSAGE": Kind(
        "error", "code-invalid", "not-in-vs", "No valid coding was found for the value set '{value_set}'"
    ),
    "Terminology_TX_System_Relative": Kind(
        "error",
        "invalid",
        "invalid-data",
        "Coding.system must be an absolute reference, not a local reference",
    ),
    "Terminology_TX_System_ValueSet2": Kind(
        "error",
        "invalid",
        "invalid-data",
        "The Coding references a value set, not a code system ('{system}')",
    ),
    "UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE": Kind(
        "error",
        "invalid",
        "vs-invalid",
        "The system {system} filter with property = {property}, op = {op} has no value",
    ),
    "FILTER_NOT_UNDERSTOOD": Kind(
        "error",
        "not-supported",
        "vs-invalid",
        'The filter "{property} {op}" of the value set on the system {system} is not understood',
    ),
    "UNABLE_TO_INFER_CODESYSTEM": Kind(
        "error",
        "not-found",
        "cannot-infer",
        "The System URI could not be determined for the code '{code}' in the ValueSet '{value_set}'",
    ),
    "Unable_to_resolve_system__value_set_has_multiple_matches": Kind(
        "error",
        "not-found",
        "cannot-infer",
        "The System URI could not be determined for the code '{code}' in the ValueSet '{value_set}':"
        " value set expansion has multiple matches: [{systems}]",
    ),
    "UNKNOWN_CODESYSTEM": Kind("error", "not-found", "not-found", _UNKNOWN_SYSTEM),
    "UNKNOWN_CODESYSTEM_EXP": Kind(
        "error",
        "not-found",
        "not-found",
        "A definition for CodeSystem '{system}' could not be found, so the value set cannot be expanded",
    ),
    "UNKNOWN_CODESYSTEM_VERSION": Kind(
        "error",
        "not-found",
        "not-found",
        _UNKNOWN_VERSION.replace("{what}", "code cannot be validated. Valid versions: {known}"),
    ),
    "UNKNOWN_CODESYSTEM_VERSION_EXP": Kind(
        "error",
        "not-found",
        "not-found",
        _UNKNOWN_VERSION.replace("{what}", "value set cannot be expanded. Valid versions: {known}"),
    ),
    "UNKNOWN_CODESYSTEM_VERSION_NONE": Kind(
        "error",
        "not-found",
        "not-found",
        _UNKNOWN_VERSION.replace(
            "{what}", "code cannot be validated. No versions of this code system are known"
        ),
    ),
    "UNKNOWN_CODE_IN_FRAGMENT": Kind(
        "warning",
        "code-invalid",
        "invalid-code",
        "Unknown Code '{code}' in the CodeSystem '{system}' version '{version}' - note that the code system"
        " is labeled as a fragment, so the code may be valid in some other fragment",
        is_told=False,
    ),
    "Unknown_Code_in_Version": Kind(
        "error",
        "code-invalid",
        "invalid-code",
        "Unknown code '{code}' in the CodeSystem '{system}' version '{version}'",
    ),
    "Unknown_Code_in": Kind(
        "error", "code-invalid", "invalid-code", "Unknown code '{code}' in the CodeSystem '{system}'"
    ),
    "Unable_to_resolve_value_Set_": Kind(
        "error", "not-found", "not-found", "A definition for the value Set '{value_set}' could not be found"
    ),
    "VALUESET_CIRCULAR_REFERENCE": Kind(
        "error",
        "processing",
        "vs-invalid",
        "Cyclic reference detected when including {value_set} via [{trail}]",
    ),
    "VALUESET_SUPPLEMENT_MISSING": Kind(
        "error", "not-found", "not-found", "Required supplement not found: {supplement}"
    ),
    "VALUESET_TOO_COSTLY": Kind(
        "error",
        "too-costly",
        "",
        "The value set '{value_set}' expansion has too many codes to display (>{limit})",
    ),
    "VALUESET_VALUE_MISMATCH": Kind("error", "invalid", "vs-invalid", f"{_MISMATCH} {_IN_VALUE}"),
    "VALUESET_VALUE_MISMATCH_CHANGED": Kind(
        "error",
        "invalid",
        "vs-invalid",
        f"{_MISMATCH} resulting from the version '{{stated}}' {_IN_VALUE}",
    ),
    "VALUESET_VALUE_MISMATCH_DEFAULT": Kind(
        "warning",
        "invalid",
        "vs-invalid",
        f"{_MISMATCH} for the versionless include {_IN_VALUE}",
        is_told=False,
    ),
    "VALUESET_VERSION_CHECK": Kind(
        "error",
        "exception",
        "version-error",
        "The version '{version}' is not allowed for system '{system}': required to be '{wanted}' by a"
        " version-check parameter",
    ),
    "VS_EXP_IMPORT_UNK_PINNED": Kind(
        "error",
        "not-found",
        "not-found",
        "Unable to find included value set '{value_set}' version '{version}'",
    ),
}
