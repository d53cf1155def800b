"""Time and settings are passed in; one module reads the clock, and only the rim reads the environment."""

from __future__ import annotations

import re

from tests.architecture.project import SOURCE, calls, modules, name

CLOCK = re.compile(
    r"(datetime|date|datetime\.datetime|datetime\.date|dt|dt\.datetime)\.(now|utcnow|today)"
    r"|time\.(time|time_ns|localtime|gmtime|ctime)"
)
ENVIRONMENT = re.compile(r"os\.(getenv|environ\.\w+)|os\.environ")
RIM = (SOURCE / "app", SOURCE / "interfaces")


def test_only_one_module_reads_the_clock():
    readers = [
        f"{name(module)}:{line} {call}"
        for module in modules()
        if module != SOURCE / "kernel" / "base" / "time.py"
        for line, call in calls(module)
        if CLOCK.fullmatch(call)
    ]
    assert not readers, "pass a Clock or the time itself"


def test_only_the_rim_reads_the_environment():
    readers = [
        f"{name(module)}:{line} {call}"
        for module in modules()
        if not any(module.is_relative_to(room) for room in RIM)
        for line, call in calls(module)
        if ENVIRONMENT.fullmatch(call)
    ]
    assert not readers, "read it in app/settings.py and pass it down"
