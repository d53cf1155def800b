SELECT org_code AS fixmedins_code, month, uscc, beds, doctors, nurses, staff, visits, emergency_visits, admissions,
       discharges, bed_days, operations, deaths, income, drug_income, supply_income, expense
FROM monthly_report
ORDER BY month
