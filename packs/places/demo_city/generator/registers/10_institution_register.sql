-- The register of institutions, sent whole on the first day.
CREATE OR REPLACE VIEW institution_register AS
WITH body AS (SELECT *, '12' || getvariable('division') || 'MB' || lpad(CAST(serial AS VARCHAR), 6, '0') AS stem FROM place)
SELECT institution_code(serial) AS fixmedins_code, name AS org_name,
       stem || organisation_check(substr(stem, 9, 8)) || uscc_check(stem || organisation_check(substr(stem, 9, 8))) AS uscc,
       org_class, hosp_lv, CAST(public AS VARCHAR) AS public_flag, town AS township, town_name AS township_name, village, lon, lat, opened, CAST(NULL AS DATE) AS closed
FROM body WHERE getvariable('from_day') <= getvariable('first_day') ORDER BY serial;
