-- Months of which visits or stays of an institution have come.
SELECT institution, CAST(date_trunc('month', started) AS DATE) AS month, min(recorded) AS recorded
FROM encounter
WHERE institution IS NOT NULL AND started IS NOT NULL
GROUP BY institution, CAST(date_trunc('month', started) AS DATE)
