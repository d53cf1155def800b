SELECT institution AS unit, CAST(date_trunc('month', coalesce(ended, started)) AS DATE) AS happened, institution,
  count(*) AS denominator,
  sum(CASE WHEN date_diff('day', coalesce(ended, started), CAST(recorded AS DATE)) <= CAST($days AS INTEGER)
    THEN 1 ELSE 0 END) AS numerator
FROM encounter WHERE coalesce(ended, started) IS NOT NULL AND recorded <= CAST($as_of AS TIMESTAMP)
GROUP BY institution, CAST(date_trunc('month', coalesce(ended, started)) AS DATE)
