SELECT institution AS unit, happened, institution, max(recorded) AS recorded,
  sum(CASE WHEN class IN ('09', '11') THEN amount ELSE 0 END) AS numerator,
  sum(CASE WHEN class <> '10' THEN amount ELSE 0 END) AS denominator
FROM fee_by_class GROUP BY institution, happened
