"""HL7 version 2: messages into FHIR by the tables of the pack `hl7v2`, and the answers to their senders."""
