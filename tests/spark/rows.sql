SELECT CAST(i AS INTEGER) AS i, CAST(j AS BIGINT) AS j, CAST(d AS DECIMAL(10, 2)) AS d, CAST(f AS DOUBLE) AS f, s, b,
  CAST(written AS VARCHAR) AS written, CAST(day AS DATE) AS day, CAST(other AS DATE) AS other,
  CAST(ts AS TIMESTAMP) AS ts, CAST(l AS INTEGER[]) AS l, js,
  CAST(st AS STRUCT(name VARCHAR, parts STRUCT(code VARCHAR, n INTEGER, tags VARCHAR[])[])) AS st
FROM (VALUES
  (1, 2, 1.25, 2.5, 'abc', true, '2024-02-29', '2024-02-28', '2025-02-28', '2024-02-29 23:59:59.5', [1, 2, 3],
   '{"a": 1.50, "b": [{"c": "x"}], "d": {"e": 1}}', {'name': 'n', 'parts': [{'code': 'x', 'n': 1, 'tags': ['p', 'q']}, {'code': 'y', 'n': 2, 'tags': []}]}),
  (2, 1, -1.25, 3.5, '2.5', false, '2024', '2020-01-31', '2020-02-29', '2020-01-31 00:00:00', [2, NULL],
   '{"a": "t", "d": "u"}', {'name': NULL, 'parts': []}),
  (3, 2, 0.05, -2.675, 'ab/c/d', true, '2024-1-5', '2023-12-31', '2022-01-01', '2023-12-31 12:30:00', [], '{"b": []}', NULL),
  (4, 3, 99.99, 2.675, '青石镇石桥村', NULL, '2024-01-05T10:00:00+08:00', '2000-02-28', '2024-02-28', '2000-02-29 08:00:01', NULL, NULL, NULL),
  (5, 3, NULL, 0.1, '20240230', false, '2024/01/05 10:00', '2024-03-30', '2024-03-29', '2024-03-30 07:59:59', [5], 'null', NULL),
  (6, NULL, 10.0, NULL, '20240131', true, ' 2024-01-05 ', '2024-01-29', '2024-01-29', NULL, [3, 1, 2], '{"b": [{"c": 1}, {"c": null}]}', NULL),
  (7, 7, 7.0, 1e6, ' 7 ', true, 'June', '1999-12-27', '2026-11-30', '1999-12-27 00:00:00', [7, 7], '{"a": true}', NULL),
  (8, 1, 8.5, -0.5, NULL, false, NULL, NULL, NULL, '2024-12-30 01:02:03', [1], '{}', NULL)
) AS v(i, j, d, f, s, b, written, day, other, ts, l, js, st)
