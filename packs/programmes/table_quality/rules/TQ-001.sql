SELECT unit, 'certno' AS field FROM outpatient_visit
WHERE patn_cert_type = '01' AND is_resident_id(certno, CAST(visit_time AS DATE)) = false
UNION ALL
SELECT unit, 'brdy' FROM outpatient_visit
WHERE patn_cert_type = '01' AND is_resident_id(certno, CAST(visit_time AS DATE)) AND resident_id_birth(certno) <> brdy
