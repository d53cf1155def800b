SELECT fixmedins_code AS unit, month AS happened, fixmedins_code AS institution, discharges AS numerator, beds AS denominator,
  _recorded_at AS recorded
FROM institution_monthly
