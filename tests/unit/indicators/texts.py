"""An indicator as its files say it, for tests to change."""

TOML = """
id = "regular"
title = "规律就诊率"
title_en = "Regular visits"
unit = "%"
direction = "up"
period = "year"
kind = "computed"
numerator = "年内就诊的人"
denominator = "所有的人"
strata = ["sex", "town"]
decimals = 2
factor = 100
basis = "本地设定"
verify = "抽查"
needs = ["visit"]
[[targets]]
from = 2022-07-01
period = "2025"
form = "at_least"
value = 60
kind = "binding"
basis = "规划"
"""
SQL = "SELECT unit, numerator, denominator, happened, sex, town, recorded FROM visit"
COLUMNS = {
    "unit": "text",
    "numerator": "number",
    "denominator": "number",
    "happened": "date",
    "sex": "text",
    "town": "text",
    "recorded": "datetime",
}
