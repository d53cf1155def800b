-- Everybody with what is behind the data; `patient` is the key that views give them.
CREATE OR REPLACE VIEW truth_person AS
SELECT certno, left(sha256(certno), 16) AS patient, gend, brdy, town, town_name, household, since, CASE WHEN till < getvariable('after') THEN till END AS till, CASE WHEN death < getvariable('after') THEN death END AS death, moved_in,
       CASE WHEN moved_out < getvariable('after') THEN moved_out END AS moved_out, frailty
FROM resident WHERE since < getvariable('after') ORDER BY n;
-- Who has what since when, and whether anybody knows; those unknown are in no file that is sent.
CREATE OR REPLACE VIEW truth_illness AS
SELECT r.certno, left(sha256(r.certno), 16) AS patient, i.condition, i.name, i.since, i.known FROM ill AS i JOIN resident AS r ON r.n = i.n
WHERE i.since < getvariable('after') AND r.since < getvariable('after') ORDER BY i.n, i.k;
-- Who is followed up to the standard in which year, and at what rate people of the town are.
CREATE OR REPLACE VIEW truth_management AS
SELECT r.certno, left(sha256(r.certno), 16) AS patient, m.condition, m.y AS year, m.town, m.town_rate, m.to_the_standard
FROM management AS m JOIN resident AS r ON r.n = m.n WHERE m.y <= year(getvariable('until')) ORDER BY m.n, m.k, m.y;
-- Outbreaks: which disease, where, from when for how long, and how many cases there were among all visits.
CREATE OR REPLACE VIEW truth_outbreak AS
SELECT o.outbreak, o.condition, o.town, o.starts, o.starts + o.days AS ends, o.attack, count(c.n) AS cases
FROM outbreak AS o LEFT JOIN outbreak_case AS c ON c.outbreak = o.outbreak AND c.y = o.y AND c.day >= getvariable('first_day') AND c.day <= getvariable('until')
WHERE o.starts >= getvariable('first_day') AND o.starts <= getvariable('until') GROUP BY ALL ORDER BY o.starts;
CREATE OR REPLACE VIEW truth_month AS SELECT * FROM month_log ORDER BY month;
