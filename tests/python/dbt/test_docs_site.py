"""The dbt docs site in a real browser: what a reader finds, without a network.

DOCS_SCREENSHOTS names a folder that the pages are photographed into (docs/images holds such).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
PROJECT = Path(__file__).resolve().parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
DRAWN = """() => [...document.querySelectorAll('canvas')].some(canvas => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.filter((value, place) => place % 4 == 3 && value > 0).length > 5000;
})"""
"""Whether some canvas has thousands of pixels that are not empty."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def site(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the site in one file, made from the manifest alone."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(artifacts, folder, dirs_exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LAKEHOUSE_", "DBT_"))
    }
    environ = {
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DO_NOT_TRACK": "1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nothing listens there, and nothing is asked
    }
    options = ["--static", "--no-compile", "--empty-catalog"]
    answer = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", "docs", "generate", *options],
        cwd=PROJECT,
        env=kept | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return (folder / "static_index.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails when a script of it does, or when it asks the network for anything."""
    found = browser.new_page(viewport={"width": 1280, "height": 800})
    found.set_default_timeout(120_000)
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on(
        "request",
        lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or wrong.append(asked.url),
    )
    yield found
    found.close()
    assert wrong == []


def keep(page: Any, name: str) -> None:
    """Photograph the page where somebody asked for it."""
    folder = os.environ.get("DOCS_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder, f"{name}.png"))


def test_site__late_delivery_rate__says_what_it_means_and_leads_to_its_table(
    site: str, page: Any
) -> None:
    page.goto(f"{site}#!/metric/metric.lakehouse.late_delivery_rate")
    page.get_by_role("heading", name="Late delivery rate").wait_for()
    page.get_by_text("Share of the delivered orders that arrived on a later").wait_for()
    keep(page, "dbt-docs-metric")
    page.get_by_role("link", name="orders_late", exact=True).click()
    page.get_by_role("heading", name="Orders delivered late").wait_for()


def test_site__exposure__names_its_owner_and_what_it_reads(site: str, page: Any) -> None:
    page.goto(f"{site}#!/exposure/exposure.lakehouse.powerbi_delivery")
    page.get_by_role("heading", name="Delivery and reviews (Power BI)").wait_for()
    page.get_by_text("logistics@example.com").first.wait_for()
    page.get_by_role("link", name="fct_orders", exact=True).first.wait_for()


def test_site__graph__is_drawn_from_the_sources_to_the_exposure(site: str, page: Any) -> None:
    chosen = "g_v=1&g_i=%2Bexposure:powerbi_delivery"
    page.goto(f"{site}#!/exposure/exposure.lakehouse.powerbi_delivery?{chosen}")
    page.get_by_text("Lineage Graph").first.wait_for()
    page.wait_for_function(DRAWN)
    keep(page, "dbt-docs-lineage")
