SELECT unit, 'det_item_fee_sumamt' AS field FROM feedetail WHERE abs(det_item_fee_sumamt - cnt * pric) > $tolerance
