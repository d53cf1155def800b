SELECT fixmedins_code AS unit, month AS happened, fixmedins_code AS institution, bed_days AS numerator, doctors * day(last_day(month)) AS denominator,
  _recorded_at AS recorded
FROM institution_monthly
