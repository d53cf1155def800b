SELECT institution AS unit, happened, institution, sum(amount) AS denominator, max(recorded) AS recorded,
  sum(CASE WHEN class IN ('01', '02', '05', '06', '07', '12', '13') THEN amount ELSE 0 END) AS numerator
FROM fee_by_class GROUP BY institution, happened
