-- Institutions: hospitals as listed, village and private clinics in proportion to the residents.
CREATE OR REPLACE TABLE clinic_count AS
-- Rounded along the towns, so that they add up to what the city has.
WITH upto AS (
  SELECT *, sum(weight) OVER (ORDER BY code) / sum(weight) OVER () AS high, (sum(weight) OVER (ORDER BY code) - weight) / sum(weight) OVER () AS low FROM towns
), counted AS (
  SELECT *, getvariable('full_village_clinics') * getvariable('scale') AS villages_of, getvariable('full_private_clinics') * getvariable('scale') AS clinics_of FROM upto
)
SELECT code AS town, name AS town_name, lon, lat, greatest(1, CAST(round(villages_of * high) - round(villages_of * low) AS INTEGER)) AS villages,
       greatest(CASE WHEN weight > 60 THEN 1 ELSE 0 END, CAST(round(clinics_of * high) - round(clinics_of * low) AS INTEGER)) AS clinics
FROM counted;
CREATE OR REPLACE TABLE village_clinic AS
SELECT 20000 + CAST(row_number() OVER (ORDER BY town, i) AS INTEGER) AS serial, town, town_name, lon, lat, i,
       (SELECT list(first ORDER BY rowid) FROM village_names)[1 + (i * 7 + CAST(right(town, 3) AS INTEGER)) % 25]
       || (SELECT list(second ORDER BY rowid) FROM village_names)[1 + (i + i // 25 * 3 + CAST(right(town, 3) AS INTEGER) * 3) % 25] || '村' AS village
FROM clinic_count, range(villages) AS r(i);
CREATE OR REPLACE TABLE place AS
SELECT serial, h.name, org_class, CAST(hosp_lv AS VARCHAR) AS hosp_lv, public, h.town, t.name AS town_name, CAST(NULL AS VARCHAR) AS village,
       t.lon + round((chance(serial, 11) - 0.5) * 0.03, 4) AS lon, t.lat + round((chance(serial, 12) - 0.5) * 0.03, 4) AS lat,
       DATE '1952-01-01' + slot(serial, 13, 18000) AS opened, beds, doctors, nurses, h.weight AS weight, h.departments,
       CASE WHEN hosp_lv > 1 THEN 'hospital' ELSE 'township' END AS tier
FROM institutions AS h JOIN towns AS t ON t.code = h.town WHERE serial > 0
UNION ALL
SELECT serial, town_name || village || '卫生站', 'D600', '9', 1, town, town_name, village,
       lon + round((chance(serial, 11) - 0.5) * 0.14, 4), lat + round((chance(serial, 12) - 0.5) * 0.14, 4),
       DATE '1970-01-01' + slot(serial, 13, 16000), 0, 1 + slot(serial, 14, 2), slot(serial, 15, 2), 0, NULL, 'village'
FROM village_clinic
UNION ALL
SELECT 30000 + CAST(row_number() OVER (ORDER BY town, i) AS INTEGER), town_name || '第' || (i + 1) || '诊所', 'D200', '9', 0, town, town_name, NULL,
       lon + round((chance(serial_of, 11) - 0.5) * 0.03, 4), lat + round((chance(serial_of, 12) - 0.5) * 0.03, 4),
       DATE '1995-01-01' + slot(serial_of, 13, 9000), 0, 1, 1, 0, NULL, 'clinic'
FROM (SELECT *, CAST(right(town, 3) AS INTEGER) * 100 + i AS serial_of FROM clinic_count, range(clinics) AS r(i));
-- To draw from: the hospitals that have a department, by weight, and private clinics evenly.
CREATE OR REPLACE TABLE department_hospital AS
SELECT d.department, list(p.serial ORDER BY p.serial, j) AS hospitals
FROM (SELECT DISTINCT department FROM conditions) AS d
JOIN place AS p ON p.tier = 'hospital' AND (p.departments IS NULL OR list_contains(string_split(p.departments, ','), d.department)), range(p.weight) AS r(j)
GROUP BY d.department;
SET VARIABLE obstetric = (SELECT hospitals FROM department_hospital WHERE department = '产科');
SET VARIABLE clinics = (SELECT list(serial ORDER BY serial) FROM place WHERE tier = 'clinic');
CREATE OR REPLACE TABLE town_slot AS
WITH share AS (
  SELECT code, name, sum(weight) OVER (ORDER BY code) / sum(weight) OVER () AS upto,
         (sum(weight) OVER (ORDER BY code) - weight) / sum(weight) OVER () AS above FROM towns
)
SELECT i AS slot, code, name, (SELECT list(serial ORDER BY serial) FROM village_clinic WHERE town = code) AS village_serials,
       (SELECT list(serial ORDER BY serial) FROM place WHERE tier = 'township' AND town = code) AS township_serials
FROM share, range(1000) AS r(i) WHERE i >= above * 1000 AND i < upto * 1000;
