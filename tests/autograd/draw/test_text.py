"""Texts and numbers in pictures: short, and harmless whatever they hold."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, to_dot
from autograd.draw.text import checked_format, hint, lines, markup, number, thinned, visible, whole

ANYTHING = st.text(st.characters(exclude_categories=())) | st.text('<>&"\\N \n]!-;#')


def test_lines_are_few_and_short() -> None:
    assert lines("a\r\nb\rc\nd") == ["a", "b", "c", "d"]
    assert lines("1\n2\n3\n4\n5") == ["1", "2", "3", "…"]
    assert lines("x" * 40) == ["x" * 40]
    assert lines("x" * 41) == ["x" * 39 + "…"]
    assert lines("") == [""]
    assert lines(17) == ["17"]


def test_marks_do_not_tower() -> None:
    acute, below, ring = "\u0301", "\u0316", "\u20dd"
    assert lines("a" + 500 * acute) == ["a" + 4 * acute]
    assert lines(("x" + 20 * (acute + below)) * 3) == [("x" + 2 * (acute + below)) * 3]
    assert lines(9 * acute + "\n" + 9 * ring) == [4 * acute, 4 * ring]
    assert lines(("a" + 9 * acute) * 20) == [(("a" + 4 * acute) * 20)[:39] + "…"]


@pytest.mark.parametrize(
    "word", ["Vie\u0323\u0302t", "ש\u05c1\u05bc\u05b8\u0596", "नमस्ते", "❤️", "é", ""]
)
def test_words_keep_their_marks(word: str) -> None:
    assert thinned(word) == word


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("plain", "plain"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ('"', "&quot;"),
        (r"\N", "&#92;&#92;N"),
        ("]]>", "&#93;&#93;&gt;"),
        ("\x00\x1b\x7f", "␀␛␡"),
        ("a\tb\u2028c", "a b c"),
        ("\ud800\x85\ufffe\ufdd0", "\ufffd" * 4),
        ("😀", "😀"),
        ("  ", "&#160;"),
        ("\x1c", "␜"),
        ("", "&#160;"),
    ],
)
def test_markup(line: str, written: str) -> None:
    assert markup(line) == written


@given(ANYTHING)
def test_markup_is_xml_of_the_text(text: str) -> None:
    for line in lines(text):
        written = markup(line)
        assert not re.search(r'["<>\\\]]', written)
        read = ET.fromstring(f"<b>{written}</b>").text or ""
        if line.isprintable() and line.strip():
            assert read.replace("\\\\", "\\") == line


@given(ANYTHING)
def test_a_hint_ends_no_string_and_starts_no_entity(text: str) -> None:
    written = hint(text)
    assert not re.search(r'["<>]|[^\x20-\U0010ffff]', written)
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;)", written)
    assert re.fullmatch(r"(?:[^\\]|\\{4}|\\n)*", written)
    written.encode()


def test_a_hint_is_cut_before_dot_refuses_it() -> None:
    assert len(hint('\\"&' * 100_000).encode()) < 16_384
    assert len(hint("😀" * 100_000).encode()) < 16_384


def test_numbers() -> None:
    assert number(2.0 / 3.0, ".4g") == "0.6667"
    assert number(Value(2.0), ".2f") == "2.00"
    assert number(None, ".2f") == "None"
    assert [number(x, ".4g") for x in (float("nan"), float("-inf"), -0.0)] == ["nan", "-inf", "-0"]
    assert [whole(n) for n in (0, 701, 9701, 999_700)] == ["0", "701", "9701", "999,700"]


@pytest.mark.parametrize("number_format", ["nonsense", "d", 3, None])
def test_a_format_that_formats_no_float(number_format: str) -> None:
    with pytest.raises(ValueError, match=r"number_format .* write one such as '\.4g'"):
        checked_format(number_format)


def test_a_label_cannot_turn_the_direction_of_text() -> None:
    for shown in (markup, hint, visible):
        assert shown("\u202eRLO\u2066x") == "\ufffdRLO\ufffdx"
    x = Value(2.0, label="\u202eRLO")
    assert "\u202e" not in to_dot(x * 3.0)
