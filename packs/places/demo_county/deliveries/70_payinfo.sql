-- What the funds paid.
CREATE OR REPLACE TABLE payinfo AS
SELECT setl_id, CASE hi_type WHEN '310' THEN '310100' ELSE '390100' END AS fund_pay_type, fund_pay_sumamt AS fund_payamt FROM setlinfo;
