WITH money AS (
  SELECT unit, CAST(NULL AS VARCHAR) AS part, CAST(NULL AS BIGINT) AS row, c.field, c.amount
  FROM (SELECT unit, unnest([
    {'field': 'medfee_sumamt', 'amount': medfee_sumamt},
    {'field': 'fund_pay_sumamt', 'amount': fund_pay_sumamt},
    {'field': 'psn_part_amt', 'amount': psn_part_amt},
    {'field': 'psn_selfpay', 'amount': psn_selfpay},
    {'field': 'psn_ownpay', 'amount': psn_ownpay},
    {'field': 'acct_pay', 'amount': acct_pay},
    {'field': 'psn_cashpay', 'amount': psn_cashpay}
  ]) AS c FROM setlinfo)
  UNION ALL SELECT unit, 'iteminfo', row, 'amt', amt FROM iteminfo
  UNION ALL SELECT unit, 'iteminfo', row, 'claa_sumfee', claa_sumfee FROM iteminfo
  UNION ALL SELECT unit, 'iteminfo', row, 'clab_amt', clab_amt FROM iteminfo
  UNION ALL SELECT unit, 'iteminfo', row, 'fulamt_ownpay_amt', fulamt_ownpay_amt FROM iteminfo
  UNION ALL SELECT unit, 'iteminfo', row, 'oth_amt', oth_amt FROM iteminfo
  UNION ALL SELECT unit, 'payinfo', row, 'fund_payamt', fund_payamt FROM payinfo
)
SELECT unit, part, row, field FROM money WHERE amount < 0 OR amount <> round(amount, 2)
