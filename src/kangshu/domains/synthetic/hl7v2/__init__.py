"""HL7 v2.5.1 as a hospital in China writes it: the visits of a generated county as messages."""
