-- What is prescribed for a condition: 100 regimens of each, every one a list of medicines with its price.
CREATE OR REPLACE TABLE regimen AS
WITH item AS (
  SELECT condition, medicine, share, days FROM treatments UNION ALL SELECT condition, medicine, share, days FROM antibiotics
), numbered AS (
  SELECT i.*, row_number() OVER (ORDER BY condition, medicine) AS k, dense_rank() OVER (ORDER BY condition) AS c FROM item AS i
), chosen AS (
  SELECT n.condition, n.k, s.slot, n.days, m.*, p.price
  FROM numbered AS n, range(100) AS s(slot), medicines AS m, prices AS p
  WHERE m.key = n.medicine AND p.medicine = n.medicine AND chance(c * 1000 + s.slot, 17000 + n.k) < n.share
)
SELECT CAST(row_number() OVER (ORDER BY condition, slot) AS INTEGER) AS regimen, condition, CAST(slot AS INTEGER) AS slot,
       list({'drug_code': code, 'drug_name': name, 'spec': spec, 'dose': CAST(amount AS DOUBLE), 'dose_unit': unit, 'frequency': '每日' || times || '次', 'route': route,
             'days': CAST(days AS DOUBLE), 'cnt': 1.0, 'cnt_unit': '盒', 'amount': CAST(price AS DECIMAL(18, 2))} ORDER BY k) AS rx_drug,
       sum(CAST(price AS DECIMAL(18, 2))) AS amount, bool_or(atc LIKE 'J01%') AS antibiotic, CASE WHEN bool_and(kind = 'chinese') THEN '2' ELSE '1' END AS rx_type
FROM chosen GROUP BY condition, slot;
SET VARIABLE regimens = (SELECT list(rx_drug ORDER BY regimen) FROM regimen);
