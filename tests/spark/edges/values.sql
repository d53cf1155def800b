CREATE TABLE texts AS SELECT row_number() OVER () AS no, t FROM (VALUES
  (''), (' '), ('a'), ('ab'), ('A1'), ('abc/def//ghi'), ('/a'), ('青石镇石桥村'), ('向阳街道中心乡路1号'), ('𠮷野家'), ('😀b😀'), (chr(101) || chr(769) || 'x'),
  ('Straße'), ('ÀÉÎ'), ('İi'), ('ǅ'), ('１２３'), (chr(160) || 'x' || chr(160)), (chr(12288) || '中' || chr(12288)), ('x' || chr(9)), ('a' || chr(10) || 'b'), ('b' || chr(10)), (chr(0)), ('a' || chr(13) || 'b'), ('ab]'), ('a&b'), ('é'),
  ('a%b'), ('a_b'), ('\'), ('a\b'), ('$1'), ('J01CA04'), ('I10.x00'), ('o''clock'), ('"q"'), ('中'), ('110101199003078515'), ('110101900307851'),
  ('11010119900307851x'), ('110101199013078515'), ('110101196502290012'), ('91350100M000100Y43'), ('13800138000'), ('0597-1234567'), ('1/13/24'), ('10/23/59'), ('H35000000001'), (NULL)) AS v(t);
CREATE TABLE codes AS SELECT no, t FROM texts WHERE no <= 17 OR t IS NULL;
CREATE TABLE numerals AS SELECT row_number() OVER () AS no, t FROM (VALUES
  ('0'), ('7'), ('-7'), ('+7'), ('007'), (' 7'), ('7 '), (' 7 '), ('2.5'), ('3.5'), ('-2.5'), ('2.4999999999'), ('.5'), ('5.'), ('1e3'), ('1E-3'), ('1,000'), ('1_000'), ('0x1F'),
  ('NaN'), ('nan'), ('inf'), ('Infinity'), ('-inf'), ('1d'), ('1f'), ('1L'), (''), (' '), ('seven'), ('七'), ('１２'), ('true'), ('t'), ('2147483648'), ('9223372036854775808'), ('99999999999999999999'),
  ('1234567890.123456789'), ('0.1'), ('-0'), ('--1'), (NULL)) AS v(t);
CREATE TABLE written AS SELECT row_number() OVER () AS no, t FROM (VALUES
  ('2024-02-29'), ('2023-02-29'), ('1969-12-31'), ('1900-02-29'), ('0001-01-01'), ('9999-12-31'), ('02024-05-01'), ('2024'), ('2024-05'), ('2024-5-1'), ('2024/05/01'), ('2024.05.01'), ('20240501'),
  ('2024-05-01 '), (' 2024-05-01'), ('2024-05-01T08:30:00+08:00'), ('2024-05-01T23:59:59Z'), ('2024-05-01T00:30:00.123456+08:00'), ('2024-05-01T08:30:00'), ('2024-05-01 08:30'), ('2024-05-01T08'),
  ('2024-05-01 24:00:00'), ('2024-05-01 23:59:60'), ('1969-07-20T20:17:40Z'), ('1899-12-31 23:59:59'), ('2024-05-01T08:30:00-05:30'), ('2024-05-01T08:30:00 +08'), ('24-05-01'), ('2024-13-01'),
  ('2024-00-10'), ('2024-02-00'), ('二〇二四'), ('May 1, 2024'), ('epoch'), ('infinity'), ('today'), ('now'), (''), (' '), ('-2024-05-01'), ('2024-05-01x'), ('2024-5-1 1:2:3'), ('2024-05-01T08:30:00.1234567Z'), ('1986-05-04 00:30:00'),
  ('19900307'), ('19900230'), ('1990030'), ('199003071'), ('00010101'), ('99991231'), ('1990111'), ('199011'), (' 19900307'), ('19900307 '), ('1990 307'), ('190-1-1'), ('2024-05-01T8:3'), ('2024-05-01  08:30'), ('2024-05-01 08:30  '), ('2024-5/1'), ('2024-05-01T08:30:00z'), ('2024-05-01T08:30:00+0800'), ('2024-05-01T08:30:00 UTC'), ('2024-5-1  1:2:3'), ('2024-05-01 01:02:60'), ('2024-05-01 24:00:00'), (NULL)) AS v(t);
CREATE TABLE days AS SELECT row_number() OVER () AS no, CAST(d AS DATE) AS d FROM (VALUES
  ('0004-02-29'), ('1582-10-04'), ('1582-10-15'), ('1899-12-31'), ('1900-03-01'), ('1969-12-31'), ('1970-01-01'), ('1999-12-27'), ('2000-02-29'), ('2023-01-31'), ('2023-02-28'), ('2024-02-29'), ('2024-03-31'),
  ('2024-12-30'), ('2026-01-01'), ('2099-12-31'), ('9998-12-31'), (NULL)) AS v(d);
CREATE TABLE spans AS SELECT row_number() OVER (ORDER BY a.no, b.no) AS no, a.d AS d, b.d AS e FROM days AS a, days AS b;
CREATE TABLE times AS SELECT row_number() OVER () AS no, CAST(c AS TIMESTAMP) AS c FROM (VALUES
  ('0004-03-01 00:00:00'), ('1582-10-04 23:59:59'), ('1899-12-31 23:59:59.999999'), ('1901-01-01 00:00:00'), ('1940-06-01 12:00:00'), ('1969-12-31 23:59:59.5'), ('1970-01-01 00:00:00'), ('1986-05-04 02:30:00'), ('1991-09-15 01:00:00'),
  ('2000-02-29 08:00:01'), ('2024-02-29 23:59:59.999999'), ('2024-03-31 00:00:00.000001'), ('2024-12-30 16:00:00'), ('2099-12-31 23:59:59'), ('9998-12-31 12:00:00'), (NULL)) AS v(c);
CREATE TABLE stretches AS SELECT row_number() OVER (ORDER BY a.no, b.no) AS no, a.c AS c, b.c AS e FROM times AS a, times AS b;
CREATE TABLE wholes AS SELECT row_number() OVER () AS no, CAST(i AS INTEGER) AS i, CAST(i AS BIGINT) * 3 AS b FROM (VALUES
  (0), (1), (-1), (2), (-2), (7), (-7), (10), (11), (100), (65535), (1000000), (NULL)) AS v(i);
CREATE TABLE pairs AS SELECT row_number() OVER (ORDER BY a.no, c.no) AS no, a.i AS i, c.i AS j, c.b AS b FROM wholes AS a, wholes AS c;
CREATE TABLE decimals AS SELECT row_number() OVER () AS no, CAST(m AS DECIMAL(12, 2)) AS m, CAST(m AS DECIMAL(18, 4)) / 8 AS f8, CAST(CAST(m AS DOUBLE) / 8 AS DECIMAL(18, 6)) AS k FROM (VALUES
  ('0'), ('0.01'), ('-0.01'), ('0.05'), ('0.5'), ('-0.5'), ('1.5'), ('2.5'), ('-2.5'), ('2.675'), ('1.005'), ('99.99'), ('12345.12'), (NULL)) AS v(m);
CREATE TABLE sums AS SELECT row_number() OVER (ORDER BY a.no, c.no) AS no, a.m AS m, c.m AS n, c.k AS k FROM decimals AS a, decimals AS c;
CREATE TABLE binaries AS SELECT row_number() OVER () AS no, CAST(f AS DOUBLE) AS f FROM (VALUES
  ('0'), ('-0'), ('0.1'), ('0.30000000000000004'), ('0.5'), ('1.5'), ('2.5'), ('-0.5'), ('-2.5'), ('2.675'), ('1.005'), ('1e15'), ('123456789.987654321'), ('1e-7'), ('1e20'), ('100'), ('9007199254740993'), ('NaN'), ('inf'), ('-inf'), (NULL)) AS v(f);
CREATE TABLE quotients AS SELECT row_number() OVER (ORDER BY a.no, c.no) AS no, a.f AS f, c.f AS g FROM binaries AS a, binaries AS c;
CREATE TABLE lists AS SELECT row_number() OVER () AS no, l, CAST(s AS VARCHAR[]) AS s, CAST(p AS STRUCT(code VARCHAR, n INTEGER)[]) AS p FROM (VALUES
  ([1, 2, 3], ['a', 'b'], [{'code': 'x', 'n': 1}, {'code': NULL, 'n': 2}]), ([2, NULL, 1, NULL], ['', NULL, 'a', ''], [NULL, {'code': 'y', 'n': NULL}]),
  ([NULL], [NULL], [{'code': NULL, 'n': NULL}]), ([], [], []), (NULL, NULL, NULL), ([3, 3, -1], ['😀', '中', 'z', 'Z'], [{'code': 'z', 'n': 3}, {'code': 'x', 'n': 4}, {'code': 'x', 'n': 5}])) AS v(l, s, p);
CREATE TABLE truths AS SELECT row_number() OVER (ORDER BY a, b) AS no, CAST(a AS BOOLEAN) AS a, CAST(b AS BOOLEAN) AS b FROM (VALUES (true), (false), (NULL)) AS x(a), (VALUES (true), (false), (NULL)) AS y(b);
CREATE TABLE readings AS SELECT * FROM (VALUES
  (1, 'a', 1, 1.25, 0.1, DATE '1969-12-31', 'x'), (2, 'a', 1, 2.50, 0.2, DATE '1969-12-31', 'y'), (3, 'a', NULL, NULL, NULL, NULL, NULL), (4, 'b', 3, -1.25, CAST('NaN' AS DOUBLE), DATE '2024-02-29', ''),
  (5, 'b', 3, 0.05, -0.5, NULL, '中'), (6, NULL, 5, 9.99, 1e300, DATE '2100-01-01', '😀'), (7, NULL, NULL, 1.25, CAST('-0' AS DOUBLE), DATE '1850-01-01', 'Z'), (8, '', 0, 0.00, 0.0, DATE '1970-01-01', 'z'), (9, 'c', NULL, NULL, NULL, NULL, NULL)
  ) AS v(no, g, i, m, f, day, s);
