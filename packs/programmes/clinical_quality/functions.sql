-- How FHIR writes times, identifiers and codes. All times become the clock of Beijing.

-- A time as a clock shows it; NULL where only a date was written.
CREATE OR REPLACE MACRO fhir_time(written) AS
  CASE WHEN length(written) > 10
       THEN CAST(TRY_CAST(written AS TIMESTAMPTZ) AT TIME ZONE 'Asia/Shanghai' AS TIMESTAMP) END;

-- The day; NULL where only a month or a year was written.
CREATE OR REPLACE MACRO fhir_day(written) AS
  CASE WHEN length(written) > 10 THEN CAST(fhir_time(written) AS DATE)
       WHEN length(written) = 10 THEN TRY_CAST(written AS DATE) END;

-- UTC, as facts and messages are stamped, on the clock of Beijing.
CREATE OR REPLACE MACRO beijing(stamp) AS CAST(stamp AS TIMESTAMP) + INTERVAL 8 HOUR;

-- The id behind a reference to something of that type; NULL for any other reference.
CREATE OR REPLACE MACRO referred(reference, type) AS
  CASE WHEN split_part(reference, '/', 1) = type THEN nullif(split_part(reference, '/', 2), '') END;

CREATE OR REPLACE MACRO is_resident_system(system) AS
  system IN ('urn:oid:2.16.156.10011.1.3', '2.16.156.10011.1.3');
CREATE OR REPLACE MACRO is_card_system(system) AS
  system IN ('urn:oid:2.16.156.10011.1.19', '2.16.156.10011.1.19');

-- Of a list of codings: the first of a standard system, or the first of all, as system|code.
CREATE OR REPLACE MACRO standard_coding(codings, systems) AS
  list_filter(codings, lambda c: list_contains(systems, c.system) AND c.code IS NOT NULL)[1];
CREATE OR REPLACE MACRO coded(codings, systems, words) AS
  coalesce(standard_coding(codings, systems).system || '|' || standard_coding(codings, systems).code,
           codings[1].system || '|' || codings[1].code, words);

-- Systems of ICD-10, in its Chinese and other editions.
CREATE OR REPLACE MACRO icd10_systems() AS
  ['https://code.nhsa.gov.cn/icd10', 'http://hl7.org/fhir/sid/icd-10', 'http://hl7.org/fhir/sid/icd-10-cm',
   'urn:oid:2.16.156.10011.2.3.3.11'];
CREATE OR REPLACE MACRO diagnosis_systems() AS
  icd10_systems() || ['http://snomed.info/sct', 'urn:oid:2.16.156.10011.2.3.3.14'];
CREATE OR REPLACE MACRO operation_systems() AS
  ['https://code.nhsa.gov.cn/icd9cm3', 'urn:oid:2.16.156.10011.2.3.3.12', 'http://snomed.info/sct',
   'http://hl7.org/fhir/sid/icd-9-cm', 'http://www.ama-assn.org/go/cpt', 'http://www.cms.gov/Medicare/Coding/ICD10'];
CREATE OR REPLACE MACRO medicine_systems() AS
  ['https://code.nhsa.gov.cn/yp', 'http://www.whocc.no/atc', 'http://www.nlm.nih.gov/research/umls/rxnorm',
   'http://snomed.info/sct', 'http://hl7.org/fhir/sid/ndc'];
CREATE OR REPLACE MACRO test_systems() AS ['http://loinc.org', 'http://snomed.info/sct'];
