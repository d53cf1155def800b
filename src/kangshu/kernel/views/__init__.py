"""Views: ViewDefinitions of SQL on FHIR v2, compiled to one SELECT each. What FHIR is comes in as data."""
