SELECT s.unit, 'age' AS field
FROM setlinfo AS s JOIN stay AS t USING (unit)
WHERE s.age <> t.age_years
UNION ALL
SELECT s.unit, 'nwb_age'
FROM setlinfo AS s JOIN stay AS t USING (unit)
WHERE s.nwb_age IS NOT NULL AND (t.age_years >= 1 OR s.nwb_age > 365 OR s.nwb_age <> t.age_days)
