SELECT concat_ws('|', fixmedins_code, referral_no) AS unit, CAST(referred_at AS DATE) AS happened, fixmedins_code AS institution,
  CASE WHEN decision = '1' THEN 1 ELSE 0 END AS numerator, _recorded_at AS recorded
FROM referral WHERE direction = '2'
