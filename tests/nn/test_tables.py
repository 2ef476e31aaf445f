import random

import pytest

from nn.tables import Scale, TableError, read_table, split

GOOD = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n9,10,x\n"


def write(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_text_target_makes_classes(tmp_path):
    table = read_table(write(tmp_path, GOOD))
    assert table.columns == ["a", "b"]
    assert table.rows[1] == [3.0, 4.0]
    assert (table.target, table.targets, table.classes) == ("kind", [0, 1, 0, 1, 0], ["x", "y"])


def test_a_numeric_target_makes_numbers(tmp_path):
    table = read_table(write(tmp_path, "a,b\n1,2\n3,4e1\n5,-6\n7,8\n9,+1.5\n"), "a")
    assert (table.columns, table.classes) == (["b"], [])
    assert table.targets == [1.0, 3.0, 5.0, 7.0, 9.0]
    assert [row[0] for row in table.rows] == [2.0, 40.0, -6.0, 8.0, 1.5]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", " , "),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace("x", '"x"'),
        "\n" + GOOD.rstrip(),
    ],
)
def test_the_same_table_written_in_other_ways(tmp_path, content):
    assert read_table(write(tmp_path, content)) == read_table(write(tmp_path, GOOD, "good.csv"))


BAD = [
    ("", "the file is empty"),
    ("\n \n", "the file is empty"),
    ("a,b,kind\n", "no rows below the header: at least 5 are needed"),
    ("1,2.5,-3e4\n" * 9, "row 1 has numbers where the names of the columns belong: write a header"),
    (GOOD.replace("3,4,y", "'3,4,y"), "row 3, column 'a': \"'3\" is not a number"),
    ("a;b;c\n" + "1,234;1;x\n" * 9, "row 2, column 'a': '1,234' is not a number"),
    ("a;b;c\n" + "0,5;1;x\n" * 9, "row 2, column 'a': '0,5' has a decimal comma: write a point"),
    ("a,b,kind\n1,2,x\n", "1 row below the header"),
    ("a,b,kind\n1,2,x\n2,3,y\n", "2 rows below the header"),
    (GOOD.replace("3,4,y", "3,4"), "row 3 has 2 cells, the header has 3"),
    (GOOD.replace("3,4,y", "3,4,y,5"), "row 3 has 4 cells, the header has 3"),
    (GOOD.replace("3,4", "3,four"), "row 3, column 'b': 'four' is not a number"),
    (GOOD.replace("3,4", "3,1_0"), "row 3, column 'b': '1_0' is not a number"),
    (GOOD.replace("3,4", "3," + "z" * 99), "'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...' is not"),
    (GOOD.replace("3,4", "3,nan"), "row 3, column 'b': 'nan' is not a finite number"),
    (GOOD.replace("3,4", "3,-inf"), "row 3, column 'b': '-inf' is not a finite number"),
    (GOOD.replace("3,4", "3,1e999"), "row 3, column 'b': '1e999' is not a finite number"),
    (GOOD.replace("3,4", "3,"), "row 3, column 'b': the cell is empty"),
    (GOOD.replace("3,4,y", "3,4,"), "row 3, column 'kind': the cell is empty"),
    (GOOD.replace("3,4,y", "3,4,nan"), "row 3, column 'kind': 'nan' is not a class: is a value"),
    (GOOD.replace("y", "x"), "column 'kind': only one class, 'x'"),
    ("k\nx\ny\nx\ny\nx\n", "only the column 'k'"),
    ("a,k\n1,p\n2,q\n3,r\n4,s\n5,t\n", "every row is a class of its own"),
    (GOOD.replace("a,b", "a,a"), "row 1: two columns are named 'a'"),
    (GOOD.replace("a,b", "a,"), "row 1: column 2 has no name"),
    ("a,b\n1,7\n2,7\n3,7\n4,7\n5,7\n", "column 'b': all targets are 7"),
    ("a,b\n1,7\n2,8\n3,oops\n4,7\n5,7\n", "row 4, column 'b': 'oops' is not a number, as most"),
    ("a,b\n1,7\n2,8\n3,\n4,7\n5,7\n", "row 4, column 'b': the cell is empty"),
    ("a,b\n1,7\n2,8\n3,nan\n4,7\n5,7\n", "row 4, column 'b': 'nan' is not a finite"),
    (GOOD.replace("3,4", "3,1e300").replace("5,6", "5,-1e300"), "column 'b': the numbers are too"),
    (GOOD.replace("3,4", "3,1.7e308").replace("5,6", "5,1.7e308"), "the numbers are too large"),
    (GOOD.replace("3,4,y", '3,4,"y'), "row 3: unexpected end of data"),
    (GOOD.encode("utf-16"), "row 1 is not UTF-8 text"),
    (GOOD.replace("3,4,y", "3,4,\u00e9").encode("latin-1"), r"row 3 is not UTF-8 text \(byte 0xe9"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_a_bad_file_is_told_in_one_line(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(TableError, match=message) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_column(tmp_path):
    with pytest.raises(
        TableError, match=r"no column 'knd' in 'a', 'b', 'kind'; did you mean 'kind'\?"
    ):
        read_table(write(tmp_path, GOOD), "knd")
    with pytest.raises(TableError, match=r"no column 'zzz' in 'a', 'b', 'kind'$"):
        read_table(write(tmp_path, GOOD), "zzz")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="is a directory"):
        read_table(tmp_path)


def test_the_row_is_that_of_a_spreadsheet(tmp_path):
    content = '\na,kind\n1,"two\nlines"\n2,y\n\nthree,y\n4,y\n5,y\n'
    with pytest.raises(TableError, match="row 6, column 'a': 'three'"):
        read_table(write(tmp_path, content))


def test_a_line_ends_only_where_a_line_ends(tmp_path):
    content = GOOD.replace("y", "y\u2028z\x0b")
    assert read_table(write(tmp_path, content)).classes == ["x", "y\u2028z"]


def test_scale():
    scale = Scale.of([1.0, 2.0, 3.0])
    assert [scale.apply(x) for x in (1.0, 2.0)] == pytest.approx([-(1.5**0.5), 0.0])
    assert scale.undo(scale.apply(7.0)) == pytest.approx(7.0)
    assert Scale.of([4.0, 4.0]) == Scale(4.0, 1.0)


@pytest.mark.parametrize("unit", [1e-310, 1e-200, 1e-150, 1e-141])
def test_the_scale_of_very_small_numbers(unit):
    scale = Scale.of([1.0 * unit, 2.0 * unit, 3.0 * unit])
    assert [scale.apply(x * unit) for x in (1.0, 2.0)] == pytest.approx([-(1.5**0.5), 0.0])
    assert scale.undo(scale.apply(3.0 * unit)) == pytest.approx(3.0 * unit, rel=1e-9, abs=0.0)


def test_a_deviation_below_the_smallest_number():
    assert Scale.of([0.0] * 99 + [5e-324]).apply(5e-324) == 1.0


def test_split_keeps_proportions(tmp_path):
    rows = "".join(f"{i},{'x' if i % 3 else 'y'}\n" for i in range(60))
    table = read_table(write(tmp_path, "a,k\n" + rows))
    train, test = split(table, 0.25, random.Random(0))
    assert sorted(train + test) == list(range(60))
    assert [sum(table.targets[i] == c for i in test) for c in (0, 1)] == [10, 5]
    assert split(table, 0.25, random.Random(0)) == (train, test)
    assert split(table, 0.25, random.Random(1)) != (train, test)


def test_split_tests_on_one_row_at_least(tmp_path):
    table = read_table(write(tmp_path, "a,k\n1,x\n2,x\n3,y\n4,y\n5,z\n"))
    train, test = split(table, 0.01, random.Random(0))
    assert (len(train), len(test)) == (4, 1)


@pytest.mark.parametrize("header", ["0,1,2", "2019,2020,2021", "nan,inf,x"])
def test_names_may_be_whole_numbers(header, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(header + "\n" + "".join(f"{i},{i * i},{-i}\n" for i in range(9)))
    assert read_table(path).columns == header.split(",")[:2]
