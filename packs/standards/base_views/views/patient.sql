-- Residents: one row a person, with what their institutions said last, in FHIR or in the register of residents.
SELECT id,
  arg_max(town, recorded) FILTER (WHERE town IS NOT NULL) AS town,
  arg_max(sex, recorded) FILTER (WHERE sex IS NOT NULL) AS sex,
  arg_max(birth, recorded) FILTER (WHERE birth IS NOT NULL) AS birth,
  max(death) AS death,
  max(moved_in) AS moved_in,
  max(moved_out) AS moved_out,
  min(recorded) AS recorded
FROM (
  SELECT CAST(m.person AS VARCHAR) AS id, regexp_extract(p.line, '^.*?(镇|乡|街道)') AS town, p.gender AS sex,
    TRY_CAST(p.birth AS DATE) AS birth, TRY_CAST(left(p.died, 10) AS DATE) AS death,
    CAST(NULL AS DATE) AS moved_in, CAST(NULL AS DATE) AS moved_out, m.recorded
  FROM fhir_patient AS p JOIN fact_of_patient AS m ON m.id = p.id
  WHERE m.person IS NOT NULL
  UNION ALL
  SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(r.certno), 16)), r.township_name,
    CASE r.gend WHEN '1' THEN 'male' WHEN '2' THEN 'female' ELSE 'unknown' END,
    r.brdy, r.death_date, r.moved_in, r.moved_out, r._recorded_at
  FROM resident AS r LEFT JOIN person_of_certno AS k ON k.certno = r.certno
  WHERE r.certno IS NOT NULL
) AS said
GROUP BY id
