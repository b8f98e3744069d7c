"""The maps in a real browser, without a network: what a reader sees, and that no value of the data can run."""

import dataclasses
import re

import pandas as pd
import pytest
from playwright.sync_api import Page

from geoprox.webmaps import make_map, read_map, write_index, write_map
from geoprox.webmaps.scene import make_scene
from geoprox.webmaps.selfcontained import sealed

pytestmark = pytest.mark.browser

MAPS = ["ashdod_port_hinterland", "elbatech_park", "haifa_bay", "eilat", "national_overview"]
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HOSTILE = (
    '"\'><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>${window.hacked=1}`${window.hacked=1}`'
    "</script><svg onload=window.hacked=1>\u202e{{7*7}}<!-- ]]>&lt;b&gt;</details>\u2028"
)
# what is no text of people: numbers, and the values by which rows find each other
KEYS = {"feature_id", "layer", "geometry", "accuracy_m", "ownership_share", "party_id", "link_id", "authority_id"}
# read as dates before they are shown, and whole dates once layers are read
DATES = {"valid_from", "valid_to"}


@pytest.fixture(scope="module")
def definitions(repo):
    return {name: read_map(repo / f"maps/{name}.toml") for name in MAPS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, layers, assessment, definitions):
    out = tmp_path_factory.mktemp("maps")
    for name, definition in definitions.items():
        write_map(make_map(assessment, layers, definition=definition), out / f"{name}.html")
    files = {f"{name}.html": definition for name, definition in definitions.items()}
    write_index(files, out / "index.html", assessment=assessment, layers=layers, tables=["risk.csv"])
    return out


@pytest.fixture(scope="module")
def drawn(layers, assessment, definitions):
    return {name: make_scene(assessment, layers, definition) for name, definition in definitions.items()}


def opened_in(browser, path, size=DESK, lang=""):
    """Open a file without a network; the page tells what it asked for and what it complained of."""
    page = browser.new_context(viewport=size, offline=True, reduced_motion="reduce").new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else page.asked.append(r.url))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    page.goto(f"{path.as_uri()}#{lang}")
    return page


@pytest.fixture
def open_page(browser):
    pages = []

    def opened(*args, **options):
        pages.append(opened_in(browser, *args, **options))
        return pages[-1]

    yield opened
    for page in pages:
        page.context.close()


@dataclasses.dataclass(frozen=True)
class Seen:
    """A map as one reader sees it."""

    name: str
    lang: str
    page: Page


@pytest.fixture(
    scope="module",
    params=[(name, lang, size) for name in MAPS for lang in ("en", "he") for size in ("desk", "phone")],
    ids="-".join,
)
def seen(request, browser, folder):
    name, lang, size = request.param
    page = opened_in(browser, folder / f"{name}.html", {"desk": DESK, "phone": PHONE}[size], lang)
    page.wait_for_selector("body.ready")
    yield Seen(name, lang, page)
    page.context.close()


def members(page):
    return page.eval_on_selector_all(".symbol", "all => all.reduce((n, s) => n + Number(s.dataset.members), 0)")


def boxes(page, selector):
    return page.eval_on_selector_all(
        selector,
        "all => all.map(n => { const r = n.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] })",
    )


def overlapping(rects, slack=1):
    return [
        (a, b)
        for k, a in enumerate(rects)
        for b in rects[k + 1 :]
        if min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > slack
    ]


def test_a_map_opens_without_network_and_without_complaint(seen):
    assert seen.page.asked == []
    assert seen.page.complaints == []


def test_a_map_shows_the_data(seen, drawn):
    scene = drawn[seen.name]
    assert members(seen.page) == sum(not f["wide"] for f in scene["features"])
    assert seen.page.title() == scene["title"][seen.lang]
    assert seen.page.locator("canvas").count() == 2  # the base map, and what rules and features draw


def test_labels_do_not_cover_each_other(seen):
    assert overlapping(boxes(seen.page, ".label")) == []


def test_names_that_a_map_asks_for_are_there(seen, definitions):
    assert seen.page.locator(".label.name").count() == len(definitions[seen.name].label)


def test_the_language_switch_turns_the_page(folder, definitions, open_page):
    page = open_page(folder / "ashdod_port_hinterland.html")
    assert page.eval_on_selector("html", "h => [h.lang, h.dir]") == ["en", "ltr"]
    assert boxes(page, "#panel")[0][0] == 0
    page.click(".language")
    assert page.eval_on_selector("html", "h => [h.lang, h.dir]") == ["he", "rtl"]
    assert page.locator("h1").inner_text() == definitions["ashdod_port_hinterland"].title_he
    assert boxes(page, "#panel")[0][2] == DESK["width"]
    assert "בתחום" in page.locator(".badge").first.inner_text()
    page.click(".language")
    assert page.locator("h1").inner_text() == definitions["ashdod_port_hinterland"].title_en
    assert page.complaints == []


def test_a_row_of_the_list_opens_the_card_of_its_subject(folder, open_page):
    page = open_page(folder / "ashdod_port_hinterland.html")
    row = page.locator(".result", has_text="Ashdod South Port (HaDarom) → Ashdod Port")
    row.first.click()
    card = page.locator(".leaflet-popup .card")
    card.wait_for()
    text = card.inner_text()
    for part in (
        "נמל הדרום",
        "2.1 km",
        "5 km",
        "planning assumption",
        "consult",
        "Ministry of Defence",
        "read on",
        "China",
    ):
        assert part in text


def test_one_symbol_lists_all_that_share_a_place(folder, open_page, layers):
    page = open_page(folder / "ashdod_port_hinterland.html")
    projects = layers["foreign_projects"]
    shared = projects[
        projects.geometry.geom_equals(projects.loc[projects["feature_id"] == "fp-ashdod-agan"].geometry.iloc[0])
    ]
    chip = page.get_by_role("button", name=re.compile("Logistics centre"))
    chip.focus()
    page.keyboard.press("Enter")
    listed = page.locator(".leaflet-popup .row").all_inner_texts()
    assert len(shared) > 6
    for name in shared["name_en"]:
        assert any(name in text for text in listed)


def test_switches_take_layers_off_and_put_them_back(folder, open_page):
    page = open_page(folder / "ashdod_port_hinterland.html")
    whole, rings = members(page), page.locator(".label.ring").count()
    page.locator("[data-group='layer:foreign_projects']").uncheck()
    fewer = members(page)
    page.locator("[data-group='ring:port-hinterland']").uncheck()
    assert 0 < fewer < whole
    assert page.locator(".label.ring").count() == rings - 1
    page.locator("[data-group='layer:foreign_projects']").check()
    assert members(page) == whole
    assert page.complaints == []


def test_street_tiles_are_asked_for_only_when_switched_on(folder, open_page):
    page = open_page(folder / "eilat.html")
    assert page.asked == []
    page.locator("[data-group='tiles']").check()
    page.wait_for_timeout(200)
    assert page.asked
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in page.asked)
    assert page.locator(".credit").inner_text() == "© OpenStreetMap contributors"
    assert not [text for text in page.complaints if "Content Security Policy" in text]


def test_on_a_phone_the_map_comes_first_and_the_panel_is_a_bar(folder, open_page):
    page = open_page(folder / "ashdod_port_hinterland.html", PHONE)
    left, top, right, bottom = boxes(page, ".folium-map")[0]
    assert (left, top, right) == (0, 0, PHONE["width"])
    assert bottom > 0.85 * PHONE["height"]
    assert page.locator("#panel .body").is_hidden()
    page.click(".toggle")
    assert page.locator("#legend").is_visible()
    page.locator(".result").first.click()
    page.locator("#sheet .card").first.wait_for()
    assert page.locator("#panel .body").is_hidden()
    assert page.eval_on_selector("body", "b => b.scrollWidth <= innerWidth")
    page.click("#sheet .close")
    assert page.locator("#sheet").count() == 0
    assert page.complaints == []


def test_the_index_opens_and_passes_its_language_on(folder, open_page):
    page = open_page(folder / "index.html", PHONE)
    assert page.locator("[data-map]").count() == len(MAPS)
    page.click("#language")
    assert page.eval_on_selector("html", "h => [h.lang, h.dir]") == ["he", "rtl"]
    assert page.eval_on_selector("body", "b => b.scrollWidth <= innerWidth")
    page.locator("[data-map]").first.click()
    page.wait_for_selector("body.ready")
    assert page.eval_on_selector("html", "h => h.lang") == "he"
    assert page.asked == page.complaints == []


def poisoned(frame, keep=KEYS):
    text = [c for c in frame.columns if c not in keep and not pd.api.types.is_numeric_dtype(frame[c])]
    return frame.assign(**dict.fromkeys(text, HOSTILE))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, layers, assessment, definitions):
    """A map whose every text is hostile: layers, tables, catalog, policy, findings and the definition itself."""
    catalog = layers.catalog.model_copy(
        update={
            "title_en": HOSTILE,
            "layer": tuple(
                entry.model_copy(
                    update={
                        **dict.fromkeys(
                            ("title_en", "title_he", "about_en", "about_he", "licence", "attribution"), HOSTILE
                        ),
                        "omitted": tuple(
                            o.model_copy(update=dict.fromkeys(type(o).model_fields, HOSTILE)) for o in entry.omitted
                        ),
                    }
                )
                for entry in layers.catalog.layer
            ),
        }
    )
    bad_layers = dataclasses.replace(
        layers,
        catalog=catalog,
        frames={name: poisoned(frame) for name, frame in layers.frames.items()},
        tables={name: poisoned(frame, KEYS | DATES) for name, frame in layers.tables.items()},
    )
    said = (
        "title_en",
        "title_he",
        "distance_basis_en",
        "distance_basis_he",
        "rationale_en",
        "rationale_he",
        "citation",
    )
    rules = tuple(
        rule.model_copy(update={**dict.fromkeys(said, HOSTILE), "object_filter": None})
        for rule in assessment.policy.rule
    )
    bad_assessment = dataclasses.replace(
        assessment,
        policy=assessment.policy.model_copy(
            update={**dict.fromkeys(("title_en", "version", "about_en", "about_he"), HOSTILE), "rule": rules}
        ),
        findings=assessment.findings.assign(reason_en=HOSTILE, reason_he=HOSTILE),
        table=assessment.table.assign(risk_class=HOSTILE),
    )
    definition = definitions["ashdod_port_hinterland"]
    definition = definition.model_copy(
        update={
            **dict.fromkeys(("title_en", "title_he", "intro_en", "intro_he"), HOSTILE),
            **dict.fromkeys(("notes_en", "notes_he"), (HOSTILE,)),
        }
    )
    path = tmp_path_factory.mktemp("hostile") / "map.html"
    return write_map(make_map(bad_assessment, bad_layers, definition=definition), path)


def use_everything(page):
    """Open every symbol and every fold of the page, in both languages."""
    for _language in range(2):
        page.evaluate(
            """async () => {
                const unfold = async (within) => {
                    document.querySelectorAll(within + " .more").forEach((button) => button.click());
                    // a row fills with further folds when it opens, and closes the row before it
                    for (const fold of document.querySelectorAll(within + " details")) {
                        fold.open = true;
                        await new Promise((done) => setTimeout(done, 2));
                        fold.querySelectorAll("details").forEach((inner) => { inner.open = true; });
                    }
                };
                for (const symbol of [...document.querySelectorAll(".symbol")]) {
                    symbol.dispatchEvent(new MouseEvent("click", { bubbles: true }));
                    await unfold(".leaflet-popup-pane");
                }
                await unfold("#panel");
            }"""
        )
        page.locator(".language").click()


def harm(page):
    """Return what the data did to the page: nothing that runs, no element that only data could have made."""
    made = page.locator("img, iframe, object, embed, [onerror], [onload], #panel script, .leaflet-popup script").count()
    return {"ran": page.evaluate("window.hacked === 1"), "made": made}


def test_no_text_of_the_data_becomes_markup_or_runs(hostile, open_page):
    page = open_page(hostile)
    use_everything(page)
    assert harm(page) == {"ran": False, "made": 0}
    assert page.complaints == []
    # it is there to be read, as it was written
    assert HOSTILE.split("\u202e", maxsplit=1)[0] in page.locator("h1").text_content()
    page.locator(".symbol").first.dispatch_event("click")
    assert "onerror=" in page.locator(".leaflet-popup").last.text_content()


def careless(page_text):
    """Write text as markup, as a map library well might."""
    careful = "node.append(...children"
    assert careful in page_text
    return page_text.replace(careful, "gp.careless(node, ...children").replace(
        "  // attributes whose name begins",
        "  gp.careless = (node, ...all) => all.forEach((c) => "
        'c instanceof Node ? node.append(c) : node.insertAdjacentHTML("beforeend", c));\n'
        "  // attributes whose name begins",
    )


def test_the_check_can_fail(hostile, open_page, tmp_path):
    text = careless(hostile.read_text(encoding="utf-8"))
    path = tmp_path / "careless.html"
    path.write_text(re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", text), encoding="utf-8")
    page = open_page(path)
    page.wait_for_function("window.hacked === 1")
    found = harm(page)
    assert found["ran"]
    assert found["made"]


def test_the_policy_of_the_page_stops_what_a_careless_script_would_let_run(hostile, open_page, tmp_path):
    # the policy names the scripts by their digest: the careless one is named here, what it writes from the data is not
    path = tmp_path / "careless.html"
    text = re.sub(
        r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>\n", "", careless(hostile.read_text(encoding="utf-8"))
    )
    path.write_text(sealed(text), encoding="utf-8")
    page = open_page(path)
    page.wait_for_selector("#panel img", state="attached")
    found = harm(page)
    assert found["made"]
    assert not found["ran"]
