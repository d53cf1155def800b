"""The faults landing finds by itself, in words and by dimension of quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.kernel.rules.definition import Dimension


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. Whatever has one is set aside, unless it is only late.

    title, why, mend  for people, in Chinese
    """

    dimension: Dimension
    message: str
    title: str
    why: str
    mend: str


FAULTS: Mapping[str, Fault] = {
    "type": Fault(
        "validity",
        "The cell cannot be read as the type of its column.",
        "数据类型不符",
        "该列要求数字或日期，单元格内容无法识别。",
        "按接口要求的格式重新导出：数字不带千分位，日期写作 2026-01-31。",
    ),
    "damaged": Fault(
        "validity",
        "Digits or characters of the cell were lost before it was sent.",
        "内容已损坏",
        "长数字被表格软件截断，或文字编码不一致，或公式出错。",
        "将证件号、编码等列设为文本格式后重新导出，并核对文件编码。",
    ),
    "empty": Fault(
        "completeness",
        "The cell must be filled.",
        "必填列为空",
        "缺少识别该记录所必需的内容。",
        "补填后重新上传。",
    ),
    "code": Fault(
        "validity",
        "The code is not in the code set of the column.",
        "代码不在值域内",
        "使用了值域以外的代码，可能是本院自编代码。",
        "对照逻辑模型的代码表转换后重新上传。",
    ),
    "ragged": Fault(
        "validity",
        "The row has too few or too many cells.",
        "列数与表头不一致",
        "单元格内含有未加引号的分隔符或换行。",
        "含分隔符、换行的单元格用双引号括起后重新导出。",
    ),
    "orphan": Fault(
        "consistency",
        "The row belongs to nothing in the file.",
        "明细找不到主记录",
        "明细行的关联号在主表中不存在。",
        "核对关联号，主表与明细一并上传。",
    ),
    "duplicate": Fault(
        "uniqueness",
        "The key stands in the file before, with other content.",
        "同一主键内容不同",
        "同一文件中同一主键出现多次且内容不一致，无法判断以哪条为准。",
        "每条记录只保留一条正确的内容后重新上传。",
    ),
    "late": Fault(
        "timeliness",
        "It came later than the feed allows.",
        "报送超时",
        "业务发生至上传超过接入约定的时限。",
        "检查定时任务，按约定频次上传。",
    ),
}
