SELECT unit, 'to_medins_code' AS field FROM referral WHERE to_medins_code = fixmedins_code
UNION ALL
SELECT unit, 'decided_at' FROM referral WHERE decided_at < referred_at
UNION ALL
SELECT unit, 'arrived_at' FROM referral WHERE arrived_at < referred_at
