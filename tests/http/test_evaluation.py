"""The pages of evaluation: index, resources and fairness, assessment, for whoever may see numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.indexes import index_of_counties, index_of_institutions
from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.routes import portal_routes
from kangshu.kernel.policies.definition import Principal, Resource
from tests.conftest import platform_on
from tests.http.test_plans import PEOPLE
from tests.support.databases import Databases
from tests.support.facts import receive

HOSPITAL, STATION = "H44098300001", "H44098300002"
