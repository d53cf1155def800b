SELECT s.unit, 'act_ipt_days' AS field
FROM setlinfo AS s JOIN stay AS t USING (unit)
WHERE s.act_ipt_days <> t.days
