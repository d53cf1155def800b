"""HL7 v2 over TCP: the minimal lower layer protocol, MLLP."""
