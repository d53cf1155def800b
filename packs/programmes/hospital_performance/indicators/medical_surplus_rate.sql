SELECT fixmedins_code AS unit, month AS happened, fixmedins_code AS institution, income - expense AS numerator, income AS denominator,
  _recorded_at AS recorded
FROM institution_monthly
