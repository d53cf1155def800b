WITH year_end AS (
  SELECT least(CAST(day AS DATE), CAST($on AS DATE)) AS day FROM (
    SELECT unnest(generate_series(DATE '2021-12-31', make_date(year(CAST($on AS DATE)), 12, 31), INTERVAL 1 YEAR)) AS day
  ) AS years
), place AS (
  SELECT township_name AS town, village, avg(lon) AS lon, avg(lat) AS lat FROM institution
  WHERE lon IS NOT NULL AND lat IS NOT NULL AND village IS NOT NULL AND _recorded_at <= CAST($as_of AS TIMESTAMP)
  GROUP BY township_name, village
  UNION ALL
  SELECT township_name, '*', avg(lon), avg(lat) FROM institution
  WHERE lon IS NOT NULL AND lat IS NOT NULL AND _recorded_at <= CAST($as_of AS TIMESTAMP)
  GROUP BY township_name
), near AS (
  SELECT p.town, p.village, y.day, min(2 * 6371.0088 * asin(sqrt(least(1.0, power(sin(radians(CAST(s.lat AS DOUBLE) - CAST(p.lat AS DOUBLE)) / 2), 2)
      + cos(radians(CAST(s.lat AS DOUBLE))) * cos(radians(CAST(p.lat AS DOUBLE)))
      * power(sin(radians(CAST(s.lon AS DOUBLE) - CAST(p.lon AS DOUBLE)) / 2), 2))))) AS km
  FROM place AS p CROSS JOIN year_end AS y
  JOIN institution AS s ON s.hosp_lv IN ('2', '3') AND s.lon IS NOT NULL AND s.lat IS NOT NULL
    AND s.opened <= y.day AND (s.closed IS NULL OR s.closed > y.day) AND s._recorded_at <= CAST($as_of AS TIMESTAMP)
  GROUP BY p.town, p.village, y.day
), people AS (
  SELECT r.township_name AS town, coalesce(r.village, '*') AS village, y.day, count(*) AS residents
  FROM resident AS r JOIN year_end AS y ON (r.brdy IS NULL OR r.brdy <= y.day) AND (r.death_date IS NULL OR r.death_date > y.day)
    AND (r.moved_in IS NULL OR r.moved_in <= y.day) AND (r.moved_out IS NULL OR r.moved_out > y.day)
  WHERE r._recorded_at <= CAST($as_of AS TIMESTAMP)
  GROUP BY r.township_name, coalesce(r.village, '*'), y.day
)
SELECT concat_ws('|', 'village', p.town, p.village) AS unit, p.day AS happened, p.town, p.residents AS denominator,
  CASE WHEN coalesce(n.km, t.km) <= CAST($km AS DOUBLE) THEN p.residents ELSE 0 END AS numerator,
  CASE WHEN coalesce(n.km, t.km) IS NULL THEN 0 ELSE 1 END AS complete
FROM people AS p
LEFT JOIN near AS n ON n.town = p.town AND n.village = p.village AND n.day = p.day
LEFT JOIN near AS t ON t.town = p.town AND t.village = '*' AND t.day = p.day
