import pytest

from nn.files import read_json, write_json, write_text


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_text(path, "new €")
    assert path.read_text(encoding="utf-8") == "new €"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_beside(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_json(path, {"what": object()})
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_goes_on_pointing_to_the_file(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_json_goes_round(tmp_path):
    write_json(tmp_path / "a.json", {"format": "f", "x": [0.1, 1e-320]})
    assert read_json(tmp_path / "a.json", "f")["x"] == [0.1, 1e-320]
    with pytest.raises(ValueError, match='not a file of "g", but of "f"'):
        read_json(tmp_path / "a.json", "g")
