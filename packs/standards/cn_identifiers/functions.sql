-- Numbers and codes as their standards define them. Each returns true, false, or NULL for NULL.

-- GB 11643-1999: the 18th character for the first seventeen digits (ISO 7064 MOD 11-2).
CREATE OR REPLACE MACRO resident_id_check(body) AS
  substr('10X98765432', 1 + CAST((
    7 * (ascii(substr(body, 1, 1)) - 48) + 9 * (ascii(substr(body, 2, 1)) - 48)
    + 10 * (ascii(substr(body, 3, 1)) - 48) + 5 * (ascii(substr(body, 4, 1)) - 48)
    + 8 * (ascii(substr(body, 5, 1)) - 48) + 4 * (ascii(substr(body, 6, 1)) - 48)
    + 2 * (ascii(substr(body, 7, 1)) - 48) + 1 * (ascii(substr(body, 8, 1)) - 48)
    + 6 * (ascii(substr(body, 9, 1)) - 48) + 3 * (ascii(substr(body, 10, 1)) - 48)
    + 7 * (ascii(substr(body, 11, 1)) - 48) + 9 * (ascii(substr(body, 12, 1)) - 48)
    + 10 * (ascii(substr(body, 13, 1)) - 48) + 5 * (ascii(substr(body, 14, 1)) - 48)
    + 8 * (ascii(substr(body, 15, 1)) - 48) + 4 * (ascii(substr(body, 16, 1)) - 48)
    + 2 * (ascii(substr(body, 17, 1)) - 48)) % 11 AS INTEGER), 1);

-- A number of the first generation (15 digits) written out to eighteen; others in capitals.
CREATE OR REPLACE MACRO resident_id_18(number) AS
  CASE WHEN regexp_full_match(number, '[0-9]{15}')
       THEN substr(number, 1, 6) || '19' || substr(number, 7) || resident_id_check(substr(number, 1, 6) || '19' || substr(number, 7))
       ELSE upper(number) END;

CREATE OR REPLACE MACRO resident_id_birth(number) AS
  CAST(try_strptime(substr(resident_id_18(number), 7, 8), '%Y%m%d') AS DATE);

CREATE OR REPLACE MACRO resident_id_sex(number) AS
  CASE WHEN (ascii(substr(resident_id_18(number), 17, 1)) - 48) % 2 = 1 THEN '1' ELSE '2' END;

-- Form, check character and birth date; `day` is when the number was written down. The number is written out
-- once, as the one element of a list: macros are text, and their parameters would be written out each time.
CREATE OR REPLACE MACRO is_resident_id(number, day) AS
  CASE WHEN number IS NULL THEN NULL ELSE list_transform([resident_id_18(number)], lambda n:
    CASE WHEN NOT regexp_full_match(n, '[0-9]{17}[0-9X]') THEN false
         ELSE resident_id_check(substr(n, 1, 17)) = substr(n, 18, 1)
              AND coalesce(CAST(try_strptime(substr(n, 7, 8), '%Y%m%d') AS DATE) BETWEEN DATE '1850-01-01' AND day, false)
    END)[1] END;

-- GB 11714: the ninth character of an organisation code.
CREATE OR REPLACE MACRO organisation_value(c) AS strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1;
CREATE OR REPLACE MACRO organisation_check(body) AS
  substr('0X987654321', 1 + CAST((
    3 * organisation_value(substr(body, 1, 1)) + 7 * organisation_value(substr(body, 2, 1))
    + 9 * organisation_value(substr(body, 3, 1)) + 10 * organisation_value(substr(body, 4, 1))
    + 5 * organisation_value(substr(body, 5, 1)) + 8 * organisation_value(substr(body, 6, 1))
    + 4 * organisation_value(substr(body, 7, 1)) + 2 * organisation_value(substr(body, 8, 1))) % 11 AS INTEGER), 1);

-- GB 32100-2015: the unified social credit code.
CREATE OR REPLACE MACRO uscc_value(c) AS strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', c) - 1;
CREATE OR REPLACE MACRO uscc_check(body) AS
  substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + CAST((31 - (
    1 * uscc_value(substr(body, 1, 1)) + 3 * uscc_value(substr(body, 2, 1))
    + 9 * uscc_value(substr(body, 3, 1)) + 27 * uscc_value(substr(body, 4, 1))
    + 19 * uscc_value(substr(body, 5, 1)) + 26 * uscc_value(substr(body, 6, 1))
    + 16 * uscc_value(substr(body, 7, 1)) + 17 * uscc_value(substr(body, 8, 1))
    + 20 * uscc_value(substr(body, 9, 1)) + 29 * uscc_value(substr(body, 10, 1))
    + 25 * uscc_value(substr(body, 11, 1)) + 13 * uscc_value(substr(body, 12, 1))
    + 8 * uscc_value(substr(body, 13, 1)) + 24 * uscc_value(substr(body, 14, 1))
    + 10 * uscc_value(substr(body, 15, 1)) + 30 * uscc_value(substr(body, 16, 1))
    + 28 * uscc_value(substr(body, 17, 1))) % 31) % 31 AS INTEGER), 1);
CREATE OR REPLACE MACRO is_uscc(code) AS
  CASE WHEN code IS NULL THEN NULL
       WHEN NOT regexp_full_match(code, '[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}') THEN false
       ELSE uscc_check(substr(code, 1, 17)) = substr(code, 18, 1)
            AND organisation_check(substr(code, 9, 8)) = substr(code, 17, 1) END;

-- Codes of the insurance standard: institution H, drug store P, doctor D, nurse N, pharmacist HY, technician HJ.
CREATE OR REPLACE MACRO is_institution_code(code) AS regexp_full_match(code, '[HP][0-9]{11}');
CREATE OR REPLACE MACRO is_doctor_code(code) AS regexp_full_match(code, 'D[0-9]{12}');
CREATE OR REPLACE MACRO is_nurse_code(code) AS regexp_full_match(code, 'N[0-9]{12}');
CREATE OR REPLACE MACRO is_pharmacist_code(code) AS regexp_full_match(code, 'HY[0-9]{12}');

-- A mobile number, or a fixed one with its area.
CREATE OR REPLACE MACRO is_phone(number) AS
  regexp_full_match(number, '1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|[2-9][0-9]{6,7}');

-- Durations of the settlement list, written days/hours/minutes (`1/13/24`).
CREATE OR REPLACE MACRO is_duration(written) AS
  regexp_full_match(written, '[0-9]{1,4}/([01]?[0-9]|2[0-3])/[0-5]?[0-9]');
CREATE OR REPLACE MACRO duration_minutes(written) AS
  CASE WHEN regexp_full_match(written, '[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,2}')
       THEN CAST(split_part(written, '/', 1) AS BIGINT) * 1440 + CAST(split_part(written, '/', 2) AS BIGINT) * 60
            + CAST(split_part(written, '/', 3) AS BIGINT) END;
