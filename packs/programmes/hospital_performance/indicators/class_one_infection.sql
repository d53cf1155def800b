SELECT concat_ws('|', o.institution, o.record, CAST(o.discharged AS VARCHAR)) AS unit, o.discharged AS happened, o.institution,
  max(o.recorded) AS recorded, count(*) AS denominator, sum(CASE WHEN h.healing = '丙' THEN 1 ELSE 0 END) AS numerator
FROM discharge_operation AS o JOIN incision_healing AS h ON h.written = o.incision
WHERE h.class = '1'
GROUP BY o.institution, o.record, o.discharged
