SELECT unit, 'certno' AS field FROM resident WHERE patn_cert_type = '01' AND is_resident_id(certno, created) = false
UNION ALL
SELECT unit, 'brdy' FROM resident
WHERE patn_cert_type = '01' AND is_resident_id(certno, created) AND resident_id_birth(certno) <> brdy
UNION ALL
SELECT unit, 'gend' FROM resident
WHERE patn_cert_type = '01' AND is_resident_id(certno, created) AND gend IN ('1', '2') AND resident_id_sex(certno) <> gend
