"""The page: of one piece, and hostile labels are only text in it."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, explore
from autograd.draw import layout
from autograd.draw.explorer import exploration

HOSTILE = [
    "</script><script>alert(1)</script>", '"quoted" \' \\', '<img src=x onerror="alert(2)">',
    "two\nlines", "שלום", "\u202eevil", "long " * 2000, "nul \x00", "lone \ud800", "<!-- --> ]]>",
    "</title>", "{title}", "${x}", "__proto__", "&lt;",
]  # fmt: skip
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=30) | st.text(
    "</scriptle>&\"'! -"
)


class Parts(HTMLParser):
    """Collects the elements of a page and the texts of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.scripts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["script"] and self.lasttag == "script":
            self.scripts.append(data)


@pytest.fixture(autouse=True)
def picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the shortest picture in the place of the drawn one, which other tests look at."""
    monkeypatch.setattr(exploration, "scene", lambda _: '<svg width="9" height="9"></svg>')


def data_of(page: str) -> dict[str, list[dict[str, object]]]:
    found = re.search('<script type="application/json" id="steps">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return] # a dict


def labelled(*labels: str) -> str:
    return explore(ag.prod([Value(1.5, label) for label in labels])).html


def test_it_needs_nothing_from_elsewhere() -> None:
    page = labelled("x", "y")
    assert not re.search(r"""(src|href)\s*=|url\((?!#)|@import|https?:(?!//www.w3.org)""", page)
    assert "default-src 'none'" in page


def test_its_script_is_the_one_that_is_allowed() -> None:
    page = labelled("x")
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_hostile_labels_add_nothing_to_the_page() -> None:
    plain, hostile = (Parts(labelled(*labels)) for labels in (["x"] * len(HOSTILE), HOSTILE))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes


@given(ANYTHING)
def test_any_label_adds_nothing(label: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exploration, "scene", lambda _: "")
        page = explore(Value(1.0, label) * 2.0).html
    assert page.count("<script") == page.count("</script") == 2
    assert "\x00" not in page
    data_of(page)


def test_the_data_are_json_without_markup() -> None:
    page = labelled(*HOSTILE)
    text = page.partition('id="steps">')[2].partition("</script>")[0]
    assert not set(text) & set("<>&")
    told = data_of(page)["frames"][1]["parts"]
    assert isinstance(told, list)
    assert told[0]["parent"] == HOSTILE[0][:23] + "…"


def test_the_script_puts_texts_in_as_texts() -> None:
    page = labelled("x")
    assert "innerHTML" not in page
    assert "eval(" not in page
    assert "document.write" not in page


def test_states_texts_and_colours_of_a_box() -> None:
    x = Value(3.0, "x")
    data = data_of(explore(x * x).html)
    (leaf,) = [box for box in data["boxes"] if str(box["title"]).startswith("x")]
    changes = data["frames"][1]["changes"]
    assert isinstance(changes, dict)
    assert changes[leaf["name"]] == {"state": "done", "texts": ["6"], "fills": ["#ffa74d"] * 2}


def test_numbers_that_are_not_finite_are_json_too() -> None:
    x = Value(-1.0)
    data = data_of(explore(x.log() * x).html)
    assert {str(box["pending"]) for box in data["boxes"]} == {
        "['#111111', '#111111']", "['#ffffff', '#ffffff']",
    }  # fmt: skip


def test_the_gradients_at_the_end_have_all_digits() -> None:
    x, y = Value(0.1, "x"), Value(0.7, "y")
    root = (x * y).tanh() * x
    page = explore(root).html
    root.backward()
    for node in (x, y, root):
        assert f"<td>{node.grad!r}</td>" in page


def test_without_a_picture_the_table_is_open_and_a_hint_stands_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(layout, "engines", lambda _: [])
    page = labelled("x", "y")
    assert "<svg" not in page
    assert "pip install &quot;scalar-autograd[draw]&quot;" in page
    assert "<details open>" in page
    assert "x.grad += v1.grad * dv1/dx" in page


def test_all_frames_are_in_the_table() -> None:
    page = labelled("x", "y")
    assert page.count("<tr data-frame=") == len(data_of(page)["frames"]) == 3
