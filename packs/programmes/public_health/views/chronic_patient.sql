-- Residents with a chronic disease that is managed: one row for each disease, from their first diagnosis on.
SELECT c.patient, d.disease, min(c.onset) AS onset, min(c.recorded) AS recorded
FROM condition AS c JOIN chronic_disease AS d ON d.category = left(c.code, 3)
WHERE c.status = 'active' AND c.patient IS NOT NULL
GROUP BY c.patient, d.disease
