"""Codes: coding, code system, value set, concept map, units. Pure: no database, no clock, no medicine."""
