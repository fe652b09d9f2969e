"""The page in a real browser: what is seen, that nothing is blocked or complained of, and that it updates itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from api.app import create_app
from api.session import login_path
from tests.fixtures.app_server import serving_app
from tests.integration.api.conftest import TOKEN, settings_for
from tests.integration.api.seeding import NOW, Rows

_PATIENCE_MILLISECONDS = 60_000
expect.set_options(timeout=_PATIENCE_MILLISECONDS)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()


def complaints_of(page: Page) -> list[str]:
    """Fills while the page is used: console errors and warnings (CSP violations are among them) and script errors."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("dialog", lambda dialog: (found.append(f"dialog {dialog.message}"), dialog.dismiss()))
    return found


def sign_in(context: BrowserContext, base_url: str) -> Page:
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.goto(base_url + login_path(TOKEN, int(NOW.timestamp())))
    page.wait_for_url(f"{base_url}/")
    return page


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    yield context
    context.close()


def test_the_overview_shows_what_matters(context: BrowserContext, base_url: str, tmp_path: Path) -> None:
    page = context.new_page()
    complaints = complaints_of(page)
    page.goto(base_url + login_path(TOKEN, int(NOW.timestamp())))
    page.wait_for_url(f"{base_url}/")
    expect(page).to_have_title("Overview · Reconduit")
    expect(page.get_by_role("article", name="payments-three-way")).to_contain_text("96.00% matched")
    expect(page.get_by_role("row", name=re.compile("^hdfc"))).to_contain_text("failing")
    expect(page.get_by_text("1 in quarantine")).to_be_visible()
    expect(page.get_by_role("table", name=re.compile("INR 9,435.00"))).to_contain_text("INR 7,999.00")
    expect(page.get_by_role("row", name=re.compile("PAY0000900"))).to_contain_text("Amount differs")
    picture = page.screenshot(path=tmp_path / "overview.png", full_page=True)
    assert len(picture) > 50_000
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("link", name="PAY0000901").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("PAY0000901")
    expect(page.get_by_text("gateway-777")).to_be_visible()
    expect(page.get_by_text("PAY0009O1 instead of PAY0000901")).to_be_visible()
    page.goto(f"{base_url}/quarantine")
    expect(page.get_by_text("is no amount")).to_be_visible()
    assert complaints == []


def test_the_page_updates_itself_and_keeps_what_is_open(context: BrowserContext, base_url: str, seeded_url: str) -> None:
    page = sign_in(context, base_url)
    complaints = complaints_of(page)
    page.get_by_text("Nearest: gateway-777").click()
    page.get_by_role("link", name="PAY0000901").focus()
    with psycopg.connect(seeded_url) as connection:
        rows = Rows(connection)
        (rows.reconciliations["payments-three-way"],) = connection.execute(
            "SELECT reconciliation_id FROM reconciliation WHERE name = 'payments-three-way'"
        ).fetchone() or (0,)
        rows.open_break("DUPLICATE", "payments-three-way", "FRESH1", [(0, 77)], 4_200, days_ago=0)
    try:
        expect(page.get_by_role("row", name=re.compile("FRESH1"))).to_contain_text("INR 42.00")
        expect(page.get_by_text("PAY0009O1 instead of")).to_be_visible()
        expect(page.get_by_role("link", name="PAY0000901")).to_be_focused()
        assert complaints == []
    finally:
        with psycopg.connect(seeded_url) as connection:
            connection.execute("DELETE FROM break WHERE key = 'FRESH1'")


def test_filters_are_in_the_address(context: BrowserContext, base_url: str) -> None:
    page = sign_in(context, base_url)
    page.get_by_role("combobox", name="Reconciliation").select_option("ledger-bank")
    page.get_by_role("combobox", name="Currency").select_option("EUR")
    page.get_by_role("combobox", name="Type").select_option("MISSING_LEFT")
    page.get_by_role("button", name="Apply").click()
    assert "type=MISSING_LEFT" in page.url and "reconciliation=ledger-bank" in page.url
    expect(page.get_by_role("link", name="RE77")).to_be_visible()
    expect(page.get_by_role("link", name="PAY0000900")).to_have_count(0)
    page.get_by_label("Key or reference").fill("nothing has this")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("No break fits these filters.")).to_be_visible()
    page.get_by_role("link", name="Clear all", exact=True).click()
    expect(page.get_by_role("link", name="PAY0000900")).to_be_visible()


def test_the_form_signs_in_by_keyboard(context: BrowserContext, base_url: str) -> None:
    page = context.new_page()
    page.goto(f"{base_url}/login")
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base_url}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_without_a_script_the_page_is_whole_and_reloads(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = sign_in(context, base_url)
    expect(page.get_by_role("link", name="PAY0000900")).to_be_visible()
    assert "10" in (page.locator("meta[http-equiv=refresh]").get_attribute("content") or "")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_text_has_contrast(browser: Browser, base_url: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark" if scheme == "dark" else "light")
    page = sign_in(context, base_url)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(_LOW_CONTRAST) == []
    context.close()


_LOW_CONTRAST = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (["SCRIPT", "NOSCRIPT"].includes(element.tagName)) continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(low)];
}"""


def test_a_lost_server_is_said_and_found_again(browser: Browser, seeded_url: str) -> None:
    context = browser.new_context()
    # An application of its own, since the end of a server closes the application's connections too.
    with serving_app(create_app(settings_for(seeded_url), now=lambda: NOW)) as url:
        page = sign_in(context, url)
        page.route("**/fragments/**", lambda route: route.abort())
        expect(page.get_by_role("status")).to_contain_text("The server does not answer")
        page.unroute("**/fragments/**")
        expect(page.get_by_role("status")).to_have_text(re.compile("^As of"))
        context.close()
