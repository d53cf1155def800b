SELECT unit, 'certno' AS field FROM case_report
WHERE patn_cert_type = '01' AND is_resident_id(certno, CAST(report_time AS DATE)) = false
UNION ALL
SELECT unit, 'brdy' FROM case_report
WHERE patn_cert_type = '01' AND is_resident_id(certno, CAST(report_time AS DATE)) AND resident_id_birth(certno) <> brdy
