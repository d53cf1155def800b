SELECT fixmedins_code AS unit, month AS happened, fixmedins_code AS institution, nurses AS numerator, doctors AS denominator,
  _recorded_at AS recorded
FROM institution_monthly
