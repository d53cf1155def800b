SELECT s.unit, 'lv1_nurscare_days' AS field
FROM setlinfo AS s JOIN stay AS t USING (unit)
WHERE coalesce(spga_nurscare_days, 0) + coalesce(lv1_nurscare_days, 0) + coalesce(scd_nurscare_days, 0)
      + coalesce(lv3_nurscare_days, 0) > t.days + $tolerance
