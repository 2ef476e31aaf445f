"""Repeated instructions are found, whatever their operands do from one iteration to the next."""

import random
from dataclasses import replace

import pytest

import autograd
from autograd.compile.loops import places
from autograd.compile.loops.loop import Carried, Element, Fixed, Local, Loop, Table
from autograd.compile.loops.repeats import _Search, repeats
from autograd.compile.programs.passes import optimize
from autograd.compile.programs.program import Input, Instruction, Program
from autograd.compile.recording.assemble import program_of

COUNT = 500


def program(f, count=COUNT):
    """Return the program of a function of a list, in primitives."""
    names = [f"x_{i}" for i in range(count)]
    return optimize(program_of(f, [0.1 + i / count for i in range(count)], names).program)


def units(code: Program):
    members = [k for k, x in enumerate(code.code) if x.op not in ("input", "constant", "truth")]
    found = repeats(code, members, lambda k: code.code[k].extra)
    flat = [k for unit in found for k in (unit.registers if isinstance(unit, Loop) else (unit,))]
    assert flat == members  # all of them, in the same order
    return found


def loops(f):
    code = program(f)
    return [unit.validate(code) for unit in units(code) if isinstance(unit, Loop)]


def kinds(loop):
    return {type(operand) for operand in loop.all_operands()}


def test_what_is_fixed_and_what_goes_through_the_inputs():
    (loop, total) = loops(lambda x: sum([a * x[0] for a in x]))
    assert kinds(loop) == {Fixed, Element}
    assert kinds(total) == {Carried, Element}


def test_what_is_carried_from_one_iteration_to_the_next():
    def f(x):
        z = 0.5
        for a in x:
            z = autograd.tanh(z * a + 1.0)
        return z

    (loop,) = loops(f)
    assert (loop.period, loop.count) == (3, COUNT)
    assert kinds(loop) == {Carried, Element, Local, Fixed}


def test_what_is_carried_over_two_iterations():
    def f(x):
        a, b = x[0], x[1]
        for c in x[2:]:
            a, b = b, a * 0.5 + b * c
        return b

    (loop,) = loops(f)
    assert sorted(len(x.firsts) for x in loop.all_operands() if isinstance(x, Carried)) == [1, 2]


def test_constants_of_a_table():
    (loop, *_) = loops(lambda x: sum([a * (0.3 + 0.1 * i) for i, a in enumerate(x)]))
    assert kinds(loop) == {Element, Table}


def test_backward_through_what_another_loop_computed():
    def f(x):
        waves = [autograd.sin(a) for a in x]
        return sum([a * b for a, b in zip(waves, waves[::-1], strict=True)])

    found = loops(f)
    assert [loop.period for loop in found] == [1, 1, 1]
    upwards, downwards = (x.registers for x in found[1].all_operands())
    assert upwards == downwards[::-1]


def test_the_longer_period_is_found_where_an_iteration_has_repeats_inside():
    def f(x):
        rows = [x[i : i + 10] for i in range(10, COUNT, 10)]
        return [autograd.dot(row, x[:10]) for row in rows]

    (loop,) = loops(f)
    assert (loop.period, loop.count) == (20, COUNT // 10 - 1)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "logsumexp", "norm"])
def test_operations_on_many_operands_become_loops(name):
    code = program(getattr(autograd, name))
    found = units(code)
    rest = [unit for unit in found if not isinstance(unit, Loop)]
    assert len(rest) < 80
    assert len(found) > len(rest)


def test_what_is_irregular_stays_as_it_is():
    def f(x):
        z = list(x)
        for i in range(COUNT):
            z[i * i % 97] = z[i * 31 % 89] * z[i * 7 % 83]
        return sum(z[:4])

    assert not loops(f)


def test_short_programs_stay_as_they_are():
    code = program(sum, 300)
    assert not any(isinstance(unit, Loop) for unit in units(code))


def test_a_wrong_loop_is_noticed():
    code = program(lambda x: [a * x[0] for a in x])
    (loop,) = (unit for unit in units(code) if isinstance(unit, Loop))
    other = replace(loop, operands=((Fixed(3), loop.operands[0][0]),))
    with pytest.raises(ValueError, match="is not as in a loop"):
        other.validate(code)


def test_a_loop_in_words():
    code = program(lambda x: autograd.sum([a + 1.0 for a in x]))
    texts = [unit.text(code) for unit in units(code) if isinstance(unit, Loop)]
    assert texts[0].splitlines()[0].startswith(f"{COUNT} times from %")
    assert "add(x_0 to x_499, 1.0)" in texts[0]
    assert "result 0 of 1 before (first 0.0)" in texts[1]


@pytest.mark.parametrize("n", [12, 14, 20])
def test_a_column_that_ends_where_the_search_looks_for_more(n):
    def f(rows, v):
        return autograd.norm([autograd.square(autograd.dot(row, v)) for row in rows])

    both = autograd.value_and_grad(f)
    rows, v = [[0.1 * (i - j) for j in range(n)] for i in range(n)], [0.1 * i for i in range(n)]
    expected = autograd.compile(both, backend="python")(rows, v)
    assert autograd.compile(both)(rows, v)[0] == pytest.approx(expected[0], rel=1e-14)


OPERATIONS = {1: ("tanh", "exp", "neg", "sin"), 2: ("add", "mul", "sub", "div")}


def operand(draw, k, i, begin, pattern):
    """Return the register that a pattern is in the i-th iteration, at register k."""
    kind, number, step = pattern
    if kind == "back":
        return max(0, k - number)
    return min((number + step * i) % begin if kind == "given" else number + step * i, k - 1)


def almost_repeated(draw):
    """Return a program of loops, here and there with another operation or operand, and its start.

    Operands are nearby, given or computed before; they are the same, or another in each iteration.
    """
    code = [Instruction("input", (), k) for k in range(draw.choice([1, 50, 300]))]
    inputs = tuple(Input(f"x{k}", k) for k in range(len(code)))
    code += [Instruction("constant", (), float(k)) for k in range(draw.choice([1, 10, 200]))]
    begin = len(code)
    while len(code) < 900:
        period, count = draw.choice([1, 2, 3, 5, 8, 13, 30]), draw.choice([3, 12, 13, 14, 20, 50])
        plan = []
        for j in range(period):
            patterns = [("back", draw.randint(1, period + j), 0)] * 2
            patterns += [("given", draw.randrange(begin), draw.choice([0, 0, 1, -1, 2]))]
            if len(code) > begin:
                old = draw.randrange(begin, len(code))
                patterns.append(("old", old, draw.choice([0, 1, 3, period])))
            arity = draw.choice([1, 2, 2])
            plan.append((draw.choice(OPERATIONS[arity]), draw.choices(patterns, k=arity)))
        odd = {(draw.choice([count - 1, draw.randrange(count)]), draw.randrange(period)):
               draw.choice(["operation", "operand", "missing"]) for _ in range(2)}  # fmt: skip
        for i in [*range(count)] * draw.choice([1, 1, 4]):
            for j, (usual, patterns) in enumerate(plan):
                k, op, change = len(code), usual, odd.get((i, j))
                args = [operand(draw, k, i, begin, pattern) for pattern in patterns]
                if change == "missing":
                    continue
                if change == "operation":
                    op = draw.choice(OPERATIONS[len(args)])
                if change == "operand":
                    args[-1] = draw.randrange(k)
                code.append(Instruction(op, tuple(args)))
    return Program(inputs, code, (len(code) - 1,)).validate()


@pytest.mark.parametrize("seed", range(40))
def test_almost_repeated_programs_by_chance(seed):
    code = almost_repeated(random.Random(seed))
    done = {k for k, x in enumerate(code.code) if x.op in ("input", "constant")}
    for unit in units(code):
        if isinstance(unit, Loop):
            unit.validate(code)
            assert unit.reads() <= done
            done.update(unit.registers)
        else:
            done.add(unit)


@pytest.mark.unmeasured
def test_what_is_nearly_all_one_loop_is_found_sooner_and_is_the_same(monkeypatch):
    found, searched = 0, []
    distances = places.distances
    monkeypatch.setattr(places, "distances", lambda text, width: (
        searched.append(text), distances(text, width))[1])  # fmt: skip
    for seed in range(30):
        draw = random.Random(seed)
        before, period, tail = draw.randrange(40), draw.randrange(4, 12), draw.randrange(40)
        steps = [draw.choice(["tanh", "add", "mul", "swap"]) for _ in range(period)]

        def f(x, before=before, steps=steps, tail=tail):
            a, b = x[0], x[1]
            for y in x[:before]:
                a = a * y if y is not x[7] else a - y
            for y in x[before:]:
                for step in steps:
                    a, b = {"tanh": lambda a, b, _: (autograd.tanh(a), b),
                            "add": lambda a, b, y: (a + y * 0.5, b),
                            "mul": lambda a, b, _: (a * 0.5, b + a),
                            "swap": lambda a, b, _: (b, a - 1.0)}[step](a, b, y)  # fmt: skip
            for y in x[:tail]:
                b = autograd.exp(b) if y is x[3] else b * y
            return a + b

        code = program(f, 150)
        searched.clear()
        soon = units(code)
        found += not searched and any(isinstance(unit, Loop) for unit in soon)
        with monkeypatch.context() as patch:
            patch.setattr(places, "stretch_around", lambda *_: None)
            assert units(code) == soon
            assert searched
    assert found > 20


@pytest.mark.parametrize(("often", "rolled"), [(15, 0), (30, 4)])
def test_an_iteration_with_another_operation_is_in_no_loop_of_the_others(often, rolled):
    def f(x):
        state = x[0]
        for i in range(4 * often):
            step = autograd.tanh(x[1] * state + x[2])
            state = state - step if i % often == often - 1 else state + step
        return state

    code = program(f)
    found = [unit for unit in units(code) if isinstance(unit, Loop)]
    assert len(found) == rolled  # of 15 there are too few iterations
    for loop in found:
        assert loop.validate(code).count < often
        for position in range(loop.period):
            assert len({code.code[k].op for k in loop.column(position)}) == 1


def test_nothing_is_looked_for_across_what_is_in_no_loop(monkeypatch):
    code = [Instruction("input", (), 0)]
    for _ in range(60):
        for k in range(10):
            code.append(Instruction("mul", (len(code) - 1, max(0, len(code) - 1 - 7 * k))))
            code.append(Instruction("tanh", (len(code) - 1,)))
        code.append(Instruction("softmax", (len(code) - 1, 0), 0))
    tried, best = [], _Search._best
    monkeypatch.setattr(_Search, "_best", lambda search, q, here: (
        tried.append(q), best(search, q, here))[1])  # fmt: skip
    found = units(Program((Input("x", 0),), code, (len(code) - 1,)).validate())
    assert not any(isinstance(unit, Loop) for unit in found)
    assert not tried
