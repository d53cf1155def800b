SELECT s.unit, 'mrg_stas' AS field FROM setlinfo AS s JOIN stay AS t USING (unit)
WHERE s.mrg_stas IN ('20', '21', '22', '23', '30', '40') AND t.age_years < $married
UNION ALL
SELECT s.unit, 'prfs' FROM setlinfo AS s JOIN stay AS t USING (unit) JOIN occupation AS o ON o.code = s.prfs
WHERE (o.set = 'retired' AND t.age_years < $retired) OR (o.set = 'student' AND t.age_years > $student)
