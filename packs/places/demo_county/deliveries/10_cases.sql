-- Invented cases of one institution discharged on the days before `until`, each with another invented patient.
CREATE OR REPLACE TABLE cases AS
WITH weighted AS (
  SELECT *, sum(CAST(weight AS INTEGER)) OVER (ORDER BY profile) / sum(CAST(weight AS INTEGER)) OVER () AS upto,
         (sum(CAST(weight AS INTEGER)) OVER (ORDER BY profile) - CAST(weight AS INTEGER)) / sum(CAST(weight AS INTEGER)) OVER () AS above
  FROM profiles
), numbered AS (
  SELECT i, getvariable('first_case') + i AS n FROM range(getvariable('cases')) AS r(i)
), drawn AS (
  SELECT n, i, w.*, CASE WHEN w.sex = '0' THEN CASE WHEN chance(n, 2) < 0.5 THEN '1' ELSE '2' END ELSE w.sex END AS gend,
         greatest(2, CAST(w.days AS INTEGER) + CAST(floor(chance(n, 3) * 5) AS INTEGER) - 2) AS stay,
         getvariable('until') - CAST(floor(chance(n, 4) * getvariable('spread')) AS INTEGER) AS discharged,
         CAST(w.min_age AS INTEGER) + CAST(floor(chance(n, 5) * (CAST(w.max_age AS INTEGER) - CAST(w.min_age AS INTEGER))) AS INTEGER) AS age
  FROM numbered JOIN weighted AS w ON chance(n, 1) >= w.above AND chance(n, 1) < w.upto
), dated AS (
  SELECT *, discharged - stay AS admitted,
         make_date(year(discharged) - age - 1, 1, 1) + CAST(n % 360 AS INTEGER) AS brdy,
         getvariable('division') AS division
  FROM drawn
)
SELECT *, division || strftime(brdy, '%Y%m%d') || lpad(CAST(2 * ((n // 360) % 499) + CASE gend WHEN '1' THEN 1 ELSE 2 END AS VARCHAR), 3, '0') AS id_body,
       CASE WHEN chance(n, 6) < getvariable('faults') THEN 1 + CAST(floor(chance(n, 7) * 8) AS INTEGER) ELSE 0 END AS fault
FROM dated;
