-- Money of the fee lines by institution, month and class of charge; refunds are subtracted as they are.
SELECT fixmedins_code AS institution, CAST(date_trunc('month', fee_ocur_time) AS DATE) AS happened, med_chrgitm AS class,
  sum(det_item_fee_sumamt) AS amount, max(_recorded_at) AS recorded
FROM feedetail GROUP BY fixmedins_code, CAST(date_trunc('month', fee_ocur_time) AS DATE), med_chrgitm
