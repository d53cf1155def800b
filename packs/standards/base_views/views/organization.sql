-- Institutions: what they are, and in which town; those of the register that do not send FHIR themselves, too.
SELECT id, name, kind, level, line AS town, CAST(NULL AS DECIMAL(18, 4)) AS lon, CAST(NULL AS DECIMAL(18, 4)) AS lat
FROM fhir_organization
UNION ALL
SELECT i.id, i.name, c.title, CASE WHEN i.grade IN ('1', '2', '3') THEN i.grade ELSE c.level END, i.town, i.lon, i.lat
FROM (
  SELECT fixmedins_code AS id, arg_max(org_name, _recorded_at) AS name, arg_max(org_class, _recorded_at) AS class,
    arg_max(hosp_lv, _recorded_at) AS grade, arg_max(township_name, _recorded_at) AS town,
    arg_max(lon, _recorded_at) AS lon, arg_max(lat, _recorded_at) AS lat
  FROM institution GROUP BY fixmedins_code
) AS i
LEFT JOIN institution_class AS c ON c.class = i.class
LEFT JOIN fhir_organization AS f ON f.id = i.id
WHERE f.id IS NULL
