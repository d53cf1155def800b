WITH year_end AS (
  SELECT least(CAST(day AS DATE), CAST($on AS DATE)) AS day FROM (
    SELECT unnest(generate_series(DATE '2021-12-31', make_date(year(CAST($on AS DATE)), 12, 31), INTERVAL 1 YEAR)) AS day
  ) AS years
  -- Years of which no report has come are not known: no zeros.
  WHERE year(day) IN (SELECT year(month) FROM institution_monthly WHERE _recorded_at <= CAST($as_of AS TIMESTAMP))
), report AS (
  SELECT fixmedins_code, month, beds, row_number() OVER (PARTITION BY fixmedins_code, year(month) ORDER BY month DESC) AS place
  FROM institution_monthly
  WHERE month <= CAST($on AS DATE) AND _recorded_at <= CAST($as_of AS TIMESTAMP)
)
SELECT concat_ws('|', 'institution', r.fixmedins_code) AS unit, year_end.day AS happened, o.town,
  r.beds AS numerator, 0 AS denominator
FROM report AS r JOIN year_end ON year(year_end.day) = year(r.month)
LEFT JOIN organization AS o ON o.id = r.fixmedins_code
WHERE r.place = 1
UNION ALL
SELECT concat_ws('|', 'town', p.town) AS unit, year_end.day AS happened, p.town, 0 AS numerator, count(*) AS denominator
FROM patient AS p JOIN year_end ON (p.birth IS NULL OR p.birth <= year_end.day) AND (p.death IS NULL OR p.death > year_end.day)
  AND (p.moved_in IS NULL OR p.moved_in <= year_end.day) AND (p.moved_out IS NULL OR p.moved_out > year_end.day)
WHERE p.recorded <= CAST($as_of AS TIMESTAMP)
GROUP BY p.town, year_end.day
