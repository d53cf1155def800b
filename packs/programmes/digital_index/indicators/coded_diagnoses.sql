SELECT institution AS unit, happened, institution, diagnoses AS denominator, coded AS numerator, recorded
FROM coded_diagnosis
