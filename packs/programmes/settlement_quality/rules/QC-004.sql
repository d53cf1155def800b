WITH checked AS (
  SELECT unit, brdy, gend, certno, is_resident_id(certno, coalesce(CAST(adm_time AS DATE), $on)) AS valid
  FROM setlinfo
  WHERE patn_cert_type = '01' AND certno IS NOT NULL
)
SELECT unit, 'certno' AS field FROM checked WHERE NOT valid
UNION ALL
SELECT unit, 'brdy' FROM checked WHERE valid AND resident_id_birth(certno) <> brdy
UNION ALL
SELECT unit, 'gend' FROM checked WHERE valid AND gend IN ('1', '2') AND resident_id_sex(certno) <> gend
