"""The browser's pages in a real Chromium: they load, search, filter and judge, and nothing of a page runs."""

import shutil
import threading

import pytest

from m3w_builder import report, storage
from m3w_builder.report import browse, judging
from tests.report.conftest import HOSTILE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
selenium = pytest.importorskip("selenium", reason="selenium is not installed (pip install -e '.[test]')")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no Chromium with its driver (Debian: apt-get install chromium chromium-driver)"
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--window-size=1100,900",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    made.set_page_load_timeout(60)
    made.implicitly_wait(10)
    yield made
    made.quit()


@pytest.fixture
def at(driver, build):
    """Opens a path of the small build's browser; at the end, the console must be empty."""
    with browse.server(build) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"

        def go(path: str):
            driver.get(address + path)
            return driver

        yield go
        said = [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        driver.get("about:blank")
        server.shutdown()
        assert said == []


def found(driver, css: str) -> list:
    return driver.find_elements("css selector", css)


def texts(driver, css: str) -> list[str]:
    """The texts of what a page has, read at once: elements asked one by one may be of the page before, and gone."""
    return driver.execute_script("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css)


def loaded(driver) -> bool:
    """Whether the page's keys are heard by now."""
    return driver.execute_script("return document.readyState") == "complete"


def wait(driver, until):
    from selenium.webdriver.support import ui

    return ui.WebDriverWait(driver, 30).until(until)


def test_documents_load_are_searched_and_filtered(at):
    driver = at("/")
    assert len(found(driver, ".list li")) == 13
    driver.find_element("name", "q").send_keys("NUMBER7")
    driver.find_element("css selector", ".filter button").click()
    assert wait(driver, lambda page: "q=NUMBER7" in page.current_url and texts(page, ".list b")) == ["Lighthouse 7"]
    driver = at("/?host=host1.test&score=confidence&least=0.5")
    assert len(found(driver, ".list li")) == 2


def test_keys_lead_from_document_to_document_and_to_a_picture(at):
    driver = at("/?host=host1.test")
    found(driver, ".list a b")[0].click()
    first = wait(driver, lambda page: "/document/" in page.current_url and loaded(page) and texts(page, "h1"))
    driver.find_element("tag name", "body").send_keys("j")
    driver.find_element("css selector", "a[rel=prev]")
    assert texts(driver, "h1") not in ([], first)
    width = "return document.querySelector('figure img')?.naturalWidth"
    assert wait(driver, lambda page: page.execute_script(width)) >= 80
    found(driver, "figure a")[0].click()
    assert driver.find_element("xpath", "//h2[text()='Pictures that look like it']")


def test_a_document_is_judged_with_a_key_and_the_interval_is_shown(at, build):
    driver = at("/judge")
    driver.find_element("css selector", ".judge button")
    driver.find_element("tag name", "body").send_keys("g")
    assert driver.find_element("xpath", "//*[contains(text(), '1 of 1 good')]")
    assert list(judging.load(build).values()) == [True]
    storage.remove(f"{build}/{judging.FILE}")


PATHS = [
    "/",
    f"/document/{HOSTILE.key}",
    "/dropped",
    "/why?url=<script>window.pwned=1</script>",
    f"/look/{HOSTILE.key}/0.svg",
    f"/picture/{HOSTILE.key}/0.svg",
]


@pytest.mark.parametrize("path", PATHS)
def test_planted_scripts_drawings_and_addresses_do_nothing(driver, build, path):
    with browse.server(build) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        driver.get(f"http://127.0.0.1:{server.server_address[1]}{path}")
        assert driver.execute_script("return window.pwned") is None
        hrefs = driver.execute_script("return [...document.querySelectorAll('a')].map(a => a.protocol)")
        assert set(hrefs) <= {"http:", "https:", "about:"}
        server.shutdown()


def test_the_report_is_one_file_that_asks_for_nothing(driver, build):
    driver.get("file://" + report.write(build))
    asked = "performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:'))"
    assert driver.execute_script(f"return {asked}") == []
    assert driver.execute_script("return window.pwned") is None
    untold = "[...document.querySelectorAll('img, svg, [role=img]')].filter(e => !(e.alt || e.ariaLabel)).length"
    assert driver.execute_script(f"return {untold}") == 0
    assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_the_report_is_printed_dark_on_light_whatever_the_screen_is_like(driver, build):
    driver.get("file://" + report.write(build))
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    ink = "return getComputedStyle(document.body).color"
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": dark})
    assert driver.execute_script(ink) == "rgb(230, 233, 236)"
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    assert driver.execute_script(ink) == "rgb(27, 31, 36)"
