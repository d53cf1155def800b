WITH paid AS (SELECT unit, sum(fund_payamt) AS amt FROM payinfo GROUP BY unit)
SELECT s.unit, 'medfee_sumamt' AS field FROM setlinfo AS s
WHERE abs(medfee_sumamt - fund_pay_sumamt - psn_part_amt - coalesce(oth_pay, 0)) > $tolerance
UNION ALL
SELECT s.unit, 'fund_pay_sumamt' FROM setlinfo AS s JOIN paid AS p USING (unit)
WHERE abs(s.fund_pay_sumamt - p.amt) > $tolerance
UNION ALL
SELECT unit, 'psn_part_amt' FROM setlinfo WHERE abs(psn_part_amt - acct_pay - psn_cashpay) > $tolerance
