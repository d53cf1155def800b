-- Institutions: what they are, and in which town.
SELECT id, name, kind, level, line AS town FROM fhir_organization
