SELECT fixmedins_code AS unit, month AS happened, fixmedins_code AS institution, visits - coalesce(emergency_visits, 0) AS numerator, discharges AS denominator,
  _recorded_at AS recorded
FROM institution_monthly
