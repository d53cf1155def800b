-- Residents with a chronic disease that is managed: one row for each disease, from their first diagnosis on.
SELECT patient, CASE WHEN regexp_matches(code, '^E11') THEN 'diabetes' ELSE 'hypertension' END AS disease,
  min(onset) AS onset, min(recorded) AS recorded
FROM condition
WHERE regexp_matches(code, '^(I1[0-5]|E11)') AND status = 'active' AND patient IS NOT NULL
GROUP BY patient, CASE WHEN regexp_matches(code, '^E11') THEN 'diabetes' ELSE 'hypertension' END
