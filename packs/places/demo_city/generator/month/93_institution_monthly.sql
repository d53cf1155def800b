-- Monthly reports of institutions: beds and staff as registered, work as it was; sent when a month is over.
CREATE OR REPLACE VIEW institution_monthly AS
WITH seen AS (SELECT serial, count(*) AS visits, count(*) FILTER (WHERE visit_type = '2') AS emergencies, sum(fee) AS fees, coalesce(sum(amount) FILTER (WHERE prescribed), 0) AS drugs FROM visit GROUP BY serial),
lain AS (SELECT s.serial, count(*) AS discharges, sum(s.length) AS days, count(s.op) AS operations, count(*) FILTER (WHERE s.outcome = 'died') AS deaths, sum(l.total) AS income
         FROM stay AS s JOIN stay_lines AS l ON l.n = s.n AND l.v = s.v GROUP BY s.serial)
SELECT institution_code(p.serial) AS fixmedins_code, getvariable('month_first') AS month, b.beds, b.doctors, b.nurses, b.doctors + b.nurses + (b.doctors + b.nurses) // 4 AS staff,
       coalesce(v.visits, 0) AS visits, coalesce(v.emergencies, 0) AS emergency_visits, coalesce(l.discharges, 0) AS admissions, coalesce(l.discharges, 0) AS discharges,
       coalesce(l.days, 0) AS bed_days, coalesce(l.operations, 0) AS operations, coalesce(l.deaths, 0) AS deaths,
       coalesce(v.fees, 0) + coalesce(v.drugs, 0) + coalesce(l.income, 0) AS income, coalesce(v.drugs, 0) + CAST(coalesce(l.income, 0) * 0.27 AS DECIMAL(18, 2)) AS drug_income,
       CAST(coalesce(l.income, 0) * 0.11 AS DECIMAL(18, 2)) AS supply_income, CAST((coalesce(v.fees, 0) + coalesce(v.drugs, 0) + coalesce(l.income, 0)) * 0.96 AS DECIMAL(18, 2)) AS expense
FROM place AS p JOIN staffing AS b ON b.serial = p.serial LEFT JOIN seen AS v ON v.serial = p.serial LEFT JOIN lain AS l ON l.serial = p.serial
WHERE getvariable('from_day') <= getvariable('month_first') AND getvariable('to_day') >= getvariable('month_next')
ORDER BY fixmedins_code;
