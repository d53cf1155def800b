SELECT s.unit, CAST(NULL AS VARCHAR) AS part, CAST(NULL AS BIGINT) AS row, 'medfee_sumamt' AS field
FROM setlinfo AS s JOIN (SELECT unit, sum(amt) AS amt FROM iteminfo GROUP BY unit) AS i USING (unit)
WHERE abs(s.medfee_sumamt - i.amt) > $tolerance
UNION ALL
SELECT unit, 'iteminfo', row, 'amt'
FROM iteminfo
WHERE coalesce(claa_sumfee, clab_amt, fulamt_ownpay_amt, oth_amt) IS NOT NULL
  AND abs(amt - coalesce(claa_sumfee, 0) - coalesce(clab_amt, 0) - coalesce(fulamt_ownpay_amt, 0) - coalesce(oth_amt, 0)) > $tolerance
