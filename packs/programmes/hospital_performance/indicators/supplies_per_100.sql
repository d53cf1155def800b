SELECT fixmedins_code AS unit, month AS happened, fixmedins_code AS institution, supply_income AS numerator, income - drug_income AS denominator,
  _recorded_at AS recorded
FROM institution_monthly
