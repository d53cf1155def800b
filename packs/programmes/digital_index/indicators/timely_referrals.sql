SELECT concat_ws('|', fixmedins_code, referral_no) AS unit, CAST(referred_at AS DATE) AS happened, to_medins_code AS institution,
  _recorded_at AS recorded, 1 AS denominator,
  CASE WHEN decision = '1' AND date_diff('minute', referred_at, decided_at) <= CASE WHEN urgent_flag = '1'
    THEN CAST($urgent_minutes AS INTEGER) ELSE CAST($minutes AS INTEGER) END THEN 1 ELSE 0 END AS numerator
FROM referral
