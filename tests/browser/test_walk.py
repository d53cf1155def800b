"""A stranger's walk with a real browser: log in, find a resident, understand the record.

Screenshots of every step are left in `build/screenshots`.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from kangshu.app.demonstration import Plan, set_up
from kangshu.app.platform import Platform
from kangshu.interfaces.web.application import create
from tests.conftest import platform_on
from tests.support.databases import Databases

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
LEAKED = re.compile(r"[a-z]+[-_][a-z_-]+|\b(active|completed|final|unknown|None|finished)\b")
"""What looks like a code or a word of the program on a Chinese page."""
DESKTOP, PHONE = (1280, 900), (390, 844)
PLAN = Plan(seed=3, residents=60, years=4, until=date(2025, 12, 31))


@dataclass
class Walk:
    """One browser window, what it complained about, and where else it wanted to go."""

    page: Page
    address: str
    name: str
    complaints: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])
    steps: int = 0

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def enter_as(self, login: str) -> None:
        self.go("/")
        self.shot("login")
        self.page.locator(f"form:has(input[name=login][value={login}]) button").click()
        self.page.wait_for_load_state()

    def tab(self, name: str) -> None:
        self.page.locator(".tabs").get_by_role("link", name=name).click()
        self.page.wait_for_load_state()

    def shot(self, step: str) -> None:
        """Keep a picture, and see that nothing hangs over the edge."""
        self.steps += 1
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{self.name}-{self.steps:02}-{step}.png", full_page=True)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) <= 0, f"{step} is wider than the window"

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.strangers.append(request.url)


@contextmanager
def served(platform: Platform) -> Iterator[str]:
    """The application on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        create(platform), address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/login", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    yield address
    loop.call_soon_threadsafe(server.stop)
    thread.join(timeout=10)
    loop.close()


@pytest.fixture(scope="module")
def address(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = databases.new()
    platform = platform_on(url, tmp_path_factory.mktemp("walk"))
    set_up(platform, PLAN, lambda _done, _all: None)
    with served(platform) as found:
        yield found
    databases.drop(url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()


@contextmanager
def walking(
    browser: Browser,
    address: str,
    name: str,
    size: tuple[int, int],
    *,
    language: str = "zh-CN",
    scripts: bool = True,
) -> Iterator[Walk]:
    """A fresh window; at the end nothing may have gone wrong in it."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=language, java_script_enabled=scripts
    )
    walk = Walk(context.new_page(), address, name)
    walk.page.on("console", walk.heard)
    walk.page.on("pageerror", lambda error: walk.complaints.append(str(error)))
    walk.page.on("request", walk.asked)
    yield walk
    context.close()
    assert walk.complaints == []
    assert walk.strangers == []


@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("doctor-phone", PHONE)])
def test_a_doctor_finds_a_resident_and_understands_the_record(
    browser: Browser, address: str, name: str, size: tuple[int, int]
) -> None:
    with walking(browser, address, name, size) as walk:
        page = walk.page
        walk.enter_as("zhang")
        expect(page.get_by_role("heading", level=1)).to_contain_text("张明")
        walk.shot("home")

        first = page.locator(".person-link").first
        href = first.get_attribute("href")
        resident = first.inner_text().split("\n")[-1].strip()
        page.get_by_label("姓名、身份证号、健康卡号或手机号").fill(resident)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator(f".person-link[href='{href}']")).to_be_visible()
        assert resident not in page.url
        walk.shot("found")

        page.locator(f".person-link[href='{href}']").click()
        page.wait_for_load_state()
        expect(page.get_by_role("heading", level=1)).to_contain_text(resident)
        for heading in (
            "一生概貌",
            "健康问题",
            "用药",
            "过敏",
            "风险提示",
            "预防接种",
            "指标趋势",
            "数据来源",
        ):
            expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
        expect(page.get_by_text("您可以查看此档案，因为")).to_be_visible()
        assert not LEAKED.search(page.locator("main").inner_text()), "a code instead of a word"
        walk.shot("record")

        walk.tab("时间线")
        page.locator(".life a[href*=year]").last.click()
        page.wait_for_load_state()
        walk.shot("timeline")
        page.locator(".event__head .entry-link").first.click()
        page.wait_for_load_state()
        expect(page.get_by_text("报文号")).to_be_visible()
        walk.shot("entry")

        walk.tab("指标趋势")
        expect(page.locator("figure.chart .vega-embed").first).to_be_visible(timeout=30_000)
        page.locator("figure.chart summary").first.click()
        expect(page.locator("figure.chart table").first).to_be_visible()
        walk.shot("trends")

        for tab, title in (("文书", "documents"), ("数据来源", "sources")):
            walk.tab(tab)
            walk.shot(title)
        page.get_by_role("button", name="退出").click()
        page.wait_for_load_state()
        assert page.url.endswith("/login")


def test_a_resident_reads_the_own_record_on_a_phone(browser: Browser, address: str) -> None:
    with walking(browser, address, "phone", PHONE) as walk:
        page = walk.page
        walk.enter_as("resident")
        assert page.url.endswith("/me")
        walk.shot("record")
        for tab, title in (
            ("时间线", "timeline"),
            ("指标趋势", "trends"),
            ("文书", "documents"),
            ("数据来源", "sources"),
            ("谁看过", "accesses"),
        ):
            walk.tab(tab)
            walk.shot(title)
        expect(page.get_by_role("heading", name="谁看过我的档案")).to_be_visible()
        small = page.locator(".tabs a").evaluate_all("all => all.filter(a => a.offsetHeight < 44).length")
        assert small == 0, "a thumb needs 44 pixels"


@pytest.mark.parametrize(("name", "size"), [("all-desktop", DESKTOP), ("all-phone", PHONE)])
@pytest.mark.parametrize("login", ["wang", "county", "city", "steward", "operator", "overseer"])
def test_every_work_place_is_in_order(
    browser: Browser, address: str, login: str, name: str, size: tuple[int, int]
) -> None:
    with walking(browser, address, f"{name}-{login}", size) as walk:
        page = walk.page
        walk.enter_as(login)
        links = page.locator(".top__nav a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        for link in links:
            walk.go(link)
            walk.shot("page" + link.replace("/", "-"))
            in_order(page)
            assert page.evaluate("document.documentElement.scrollHeight") < 9000, f"{link} goes on for ever"


@pytest.mark.parametrize(("name", "size"), [("plan-desktop", DESKTOP), ("plan-phone", PHONE)])
def test_the_commission_writes_about_its_plan(
    browser: Browser, address: str, name: str, size: tuple[int, int]
) -> None:
    plan, year = "/plans/xinyi/plan_2025", "2023" if name == "plan-desktop" else "2022"
    with walking(browser, address, name, size) as walk:
        page = walk.page

        def looked_at(step: str) -> None:
            walk.shot(step)
            in_order(page)
            assert page.evaluate("document.documentElement.scrollHeight") < 9000, f"{step} goes on for ever"

        walk.enter_as("city")
        walk.go(f"{plan}/entry/smoking")
        page.locator("#period").fill(year)
        page.get_by_label("数值", exact=True).fill("121")
        page.get_by_role("button", name="填报").click()
        page.wait_for_load_state()
        expect(page.get_by_text("高于可能的最大值")).to_be_visible()
        looked_at("wrong-entry")
        walk.complaints.clear()  # the browser tells of the answer 422
        page.get_by_label("数值", exact=True).fill("21.3")
        page.get_by_label("来源（文件或系统）").fill("吸烟监测报告")
        page.get_by_label("佐证（页码、表号或存放处）").fill("第 3 页")
        page.get_by_role("button", name="填报").click()
        page.wait_for_load_state()
        expect(page.get_by_text("吸烟监测报告").first).to_be_visible()
        looked_at("entry")

        walk.go(f"{plan}/published")
        page.get_by_label("指标", exact=True).select_option(f"smoking|{year}")
        page.get_by_role("button", name="发布", exact=True).click()
        page.wait_for_load_state()
        expect(page.get_by_text("一致").first).to_be_visible()
        looked_at("published")

        walk.go(f"{plan}/projects")
        page.get_by_label("截至日期").fill(f"{year}-12-31")
        page.get_by_label("累计支付（万元）").fill("9000")
        page.get_by_label("来源（文件或系统）").fill("项目月报")
        page.get_by_label("佐证（页码、表号或存放处）").fill("附件 2")
        page.get_by_role("button", name="填报").click()
        page.wait_for_load_state()
        expect(page.get_by_text("项目月报").first).to_be_visible()
        looked_at("projects")

        walk.go(f"{plan}/report?kind=midterm&year={year}")
        expect(page.get_by_text("21.3").first).to_be_visible()
        looked_at("report")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="PDF").click()
        assert waiting.value.suggested_filename == f"xinyi-plan_2025-midterm-{year}.pdf"


@pytest.mark.parametrize(("name", "size"), [("cockpit-desktop", DESKTOP), ("cockpit-phone", PHONE)])
@pytest.mark.parametrize("login", ["county", "overseer"])
def test_a_number_explains_itself_in_three_clicks(
    browser: Browser, address: str, login: str, name: str, size: tuple[int, int]
) -> None:
    with walking(browser, address, f"{name}-{login}", size) as walk:
        page = walk.page
        walk.enter_as(login)
        walk.go("/plans")
        walk.shot("wall")
        page.locator(".wall__card").first.click()
        page.wait_for_load_state()
        expect(page.locator("figure.chart svg").first).to_be_visible(timeout=30_000)
        expect(page.get_by_role("heading", name="口径与依据")).to_be_visible()
        walk.shot("indicator")
        in_order(page)
        page.locator("figure.chart summary").first.click()
        expect(page.locator("figure.chart table").first).to_be_visible()
        for form in ("png", "csv"):
            with page.expect_download() as saved:
                page.locator(f".files a[href*='.{form}']").first.click()
            assert saved.value.suggested_filename.endswith(f".{form}")
        assert page.evaluate("document.documentElement.scrollHeight") < 9000


@pytest.mark.parametrize(("name", "size"), [("evaluation-desktop", DESKTOP), ("evaluation-phone", PHONE)])
def test_the_pages_of_evaluation_are_in_order_and_their_charts_fit_screen_and_paper(
    browser: Browser, address: str, name: str, size: tuple[int, int]
) -> None:
    with walking(browser, address, name, size) as walk:
        page = walk.page
        walk.enter_as("city")
        for path in ("index/xinyi", "resources/xinyi", "performance/xinyi/secondary_2025"):
            walk.go(f"/{path}")
            walk.shot(path.replace("/", "-"))
            in_order(page)
            assert page.evaluate("document.documentElement.scrollHeight") < 9000, f"{path} goes on for ever"
        drawing = page.locator("figure.chart svg.marks").first
        expect(drawing).to_be_visible(timeout=30_000)
        right = "(all) => Math.max(...all.map((each) => each.getBoundingClientRect().right))"
        edge = page.locator("figure.chart").first.evaluate("(each) => each.getBoundingClientRect().right")
        assert page.locator("figure.chart .role-legend-label text").evaluate_all(right) <= edge
        wide = drawing.evaluate("(each) => each.getBoundingClientRect().width")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert drawing.evaluate("(each) => each.getBoundingClientRect().width") == min(660, wide)
        page.emulate_media(media="print")
        for hidden in (".tabs", ".files", ".top__nav"):
            expect(page.locator(hidden).first).to_be_hidden()
        expect(drawing).to_be_visible()
        page.emulate_media(media="screen")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert drawing.evaluate("(each) => each.getBoundingClientRect().width") == wide


def in_order(page: Page) -> None:
    """What a page owes to whoever cannot see it, points with a thumb, or looks at it by accident."""
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    unnamed = "all => all.filter(each => !each.labels.length && !each.ariaLabel).length"
    assert page.locator("input:not([type=hidden]), select").evaluate_all(unnamed) == 0
    small = (
        "all => all.filter(each => each.offsetHeight && each.offsetHeight < 24).map(each => each.innerText)"
    )
    assert page.locator("main a:not(svg a), button, summary").evaluate_all(small) == [] or not is_phone(page)
    expect(page.get_by_text("合成数据").first).to_be_visible()


def is_phone(page: Page) -> bool:
    return page.viewport_size is not None and page.viewport_size["width"] == PHONE[0]


def test_the_steward_and_the_operator_have_their_work(browser: Browser, address: str) -> None:
    with walking(browser, address, "steward", DESKTOP) as walk:
        walk.enter_as("steward")
        walk.shot("home")
        walk.page.get_by_role("link", name="身份核对").first.click()
        walk.shot("items")
        walk.page.locator("tbody a").first.click()
        walk.page.wait_for_load_state()
        walk.shot("item")
        expect(walk.page.get_by_text("不一致").first).to_be_visible()
        address_of_item = walk.page.url
        walk.page.get_by_role("button", name="确认分开，办结").click()
        walk.page.wait_for_load_state()
        expect(walk.page.locator(f"a[href='{urlsplit(address_of_item).path}']")).to_have_count(0)
    with walking(browser, address, "operator", DESKTOP) as walk:
        walk.enter_as("operator")
        walk.go("/quarantine")
        walk.shot("quarantine")


def test_the_commission_oversees_its_county(browser: Browser, address: str) -> None:
    with walking(browser, address, "county", DESKTOP) as walk:
        walk.enter_as("county")
        expect(walk.page.locator(".figure").first).to_be_visible()
        walk.shot("home")


def test_the_portal_speaks_english_and_remembers_it(browser: Browser, address: str) -> None:
    with walking(browser, address, "english", DESKTOP) as walk:
        walk.enter_as("zhang")
        walk.page.get_by_role("button", name="切换语言").click()
        walk.page.wait_for_load_state()
        expect(
            walk.page.get_by_role("button", name="Search").or_(
                walk.page.get_by_role("button", name="Find a resident")
            )
        ).to_be_visible()
        walk.page.locator(".person-link").first.click()
        walk.page.wait_for_load_state()
        expect(walk.page.get_by_role("heading", name="Problems", exact=True)).to_be_visible()
        walk.shot("record")


def test_everything_can_be_read_without_scripts(browser: Browser, address: str) -> None:
    with walking(browser, address, "plain", DESKTOP, scripts=False) as walk:
        walk.enter_as("zhang")
        walk.page.locator(".person-link").first.click()
        walk.page.wait_for_load_state()
        walk.tab("指标趋势")
        expect(walk.page.locator("figure.chart svg.marks").first).to_be_visible()
        walk.shot("trends")


def test_the_charts_of_the_cockpit_are_images_without_scripts(browser: Browser, address: str) -> None:
    with walking(browser, address, "plain-cockpit", DESKTOP, scripts=False) as walk:
        walk.enter_as("county")
        walk.go("/plans/xinyi/plan_2025/life_expectancy")
        image = walk.page.locator("figure.chart img").first
        expect(image).to_be_visible()
        assert image.evaluate("each => each.complete && each.naturalWidth > 100")
        walk.shot("indicator")


def test_the_way_to_a_record_needs_no_mouse(browser: Browser, address: str) -> None:
    with walking(browser, address, "keyboard", DESKTOP) as walk:
        walk.enter_as("zhang")
        walk.go("/residents")
        page = walk.page
        assert page.evaluate("document.activeElement.id") == "q", "the field to type into has the focus"
        page.keyboard.type("李")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip", (
            "the first stop skips the navigation"
        )
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.className") == "person-link":
                break
        walk.shot("focus")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert re.search(r"/residents/\d+$", page.url)


def test_a_record_prints_on_paper(browser: Browser, address: str) -> None:
    with walking(browser, address, "print", DESKTOP) as walk:
        walk.enter_as("zhang")
        walk.page.locator(".person-link").first.click()
        walk.page.wait_for_load_state()
        SHOTS.mkdir(parents=True, exist_ok=True)
        paper = walk.page.pdf(path=SHOTS / "print-record.pdf", format="A4", print_background=True)
        assert paper.startswith(b"%PDF")
        walk.page.emulate_media(media="print")
        expect(walk.page.locator(".tabs")).to_be_hidden()
        expect(walk.page.get_by_role("heading", level=1)).to_be_visible()
        folded = walk.page.locator(".results:not([open]) td").first
        assert not folded.count() or folded.is_visible(), "paper cannot be unfolded"
