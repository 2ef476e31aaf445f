import math

import pytest

import autograd
import nn
from autograd import Value, check_gradients, detect_anomaly, grad, value_and_grad
from nn.losses import is_a_mean

ELEMENTWISE = [nn.mean_squared_error, nn.mean_absolute_error, nn.huber,
               nn.binary_cross_entropy_with_logits]  # fmt: skip


def test_values_and_gradients_are_pytorchs(reference):
    for case in reference["losses"]:
        loss = getattr(nn, case["name"])
        value, gradient = value_and_grad(lambda x, c=case, f=loss: f(x, c["targets"]))(
            case["outputs"]
        )
        assert value == pytest.approx(case["value"], rel=1e-12)
        for found, expected in zip(flat(gradient), flat(case["gradient"]), strict=True):
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-300)


def flat(tree):
    return [x for item in tree for x in flat(item)] if isinstance(tree, list) else [tree]


@pytest.mark.parametrize("loss", [*ELEMENTWISE, nn.hinge])
def test_gradients_by_differences(loss):
    check_gradients(lambda x: loss(x, [1, -1 if loss is nn.hinge else 0]), ([0.3, 0.8],), order=1)


def test_gradient_of_cross_entropy_by_differences():
    check_gradients(lambda x: nn.cross_entropy(x, [2, 0]), ([[0.1, 0.5, -1], [3, 1, 2.0]],))


@pytest.mark.parametrize("loss", ELEMENTWISE)
def test_nesting_does_not_matter(loss):
    flat_loss = loss([0.1, 0.9, 0.4, 0.2], [0, 1, 1, 0])
    assert loss([[0.1, 0.9], [0.4, 0.2]], [[0, 1], [1, 0]]) == flat_loss
    assert loss(0.3, 1) == loss([0.3], [1])


@pytest.mark.parametrize("loss", [*ELEMENTWISE, nn.hinge, nn.cross_entropy])
def test_the_loss_of_a_batch_is_the_mean_of_its_samples_losses(loss):
    """So says `is_a_mean`; a compiled fit relies on it."""
    assert is_a_mean(loss)
    wide = loss is nn.cross_entropy
    outputs = [[0.3, -2.0, 1.5], [7.0, 0.1, -0.4]] if wide else [[0.3, -2.0], [1.5, 7.0]]
    targets = [2, 0] if wide else [[1, 1], [1, -1 if loss is nn.hinge else 0]]
    each = [loss([x], [t]) for x, t in zip(outputs, targets, strict=True)]
    assert loss(outputs, targets) == pytest.approx(sum(each) / 2, rel=1e-15)


@pytest.mark.parametrize("margin", [5.0, 20.0, 40.0])
def test_a_confident_row_keeps_its_digits(margin):
    """The difference of logsumexp and the picked score would cancel."""
    loss, (right, wrong) = value_and_grad(lambda row: nn.cross_entropy(row, 0))([margin, 0.0])
    assert loss == pytest.approx(math.log1p(math.exp(-margin)), rel=1e-15)
    share = 1.0 / (1.0 + math.exp(margin))
    assert (right, wrong) == (pytest.approx(-share, rel=1e-14), pytest.approx(share, rel=1e-14))
    moved = nn.cross_entropy([Value(margin + 3.0), Value(3.0)], Value(0.0)).data
    assert moved == pytest.approx(loss, rel=1e-14)
    assert nn.cross_entropy([Value(1.0), Value(-math.inf)], [0]).data == 0.0


def test_scores_of_what_is_no_choice_stay_out():
    row = [Value(1.0), -math.inf, Value(2.0)]
    with detect_anomaly():
        loss = nn.cross_entropy([row], [0])
        loss.backward()
    assert loss.data == pytest.approx(math.log1p(math.e))
    assert nn.cross_entropy([row], [Value(0.0)]).data == loss.data
    assert nn.cross_entropy([[-math.inf, -math.inf, 2.0]], [0]) == math.inf


def test_other_losses_are_not_known_to_be_means():
    assert not any(map(is_a_mean, [nn.l1, nn.l2, lambda x, t: nn.huber(x, t, delta=2.0)]))


@pytest.mark.parametrize("loss", [*ELEMENTWISE, nn.hinge])
def test_a_mask_leaves_out_and_weighs(loss):
    x, t = [0.1, -0.9, 0.4], [1, 1, 1]
    alone = [loss([a], [b]) for a, b in zip(x, t, strict=True)]
    assert loss(x, t, mask=[True, False, True]) == pytest.approx((alone[0] + alone[2]) / 2)
    assert loss(x, t, mask=[3.0, 0.0, 1.0]) == pytest.approx((3 * alone[0] + alone[2]) / 4)
    assert loss(x, t, mask=[0, 0, 0]) == 0.0


def test_what_a_mask_leaves_out_adds_nothing_to_the_gradient():
    masked = grad(lambda x: nn.mean_squared_error(x, [0.0, 0.0], mask=[1, 0]))
    assert masked([2.0, math.inf]) == [4.0, 0.0]


def test_a_mask_may_be_a_value():
    mask = [Value(1.0), Value(0.0)]
    assert nn.mean_squared_error([2.0, math.nan], [0.0, 0.0], mask).data == 4.0


def test_cross_entropy_of_sequences_with_a_mask():
    logits = [[[1.0, 2.0], [0.0, 0.0]], [[3.0, 1.0], [9.0, 9.0]]]
    expected = (nn.cross_entropy(logits[0], [1, 0]) * 2 + nn.cross_entropy(logits[1][0], 0)) / 3
    found = nn.cross_entropy(logits, [[1, 0], [0, 0]], [[True, True], [True, False]])
    assert found == pytest.approx(expected)


def test_a_target_that_is_a_value_picks_the_same():
    logits = [[0.5, -1.0, 2.0]]
    for target in range(3):
        traced = nn.cross_entropy(logits, [Value(target)])
        assert traced == nn.cross_entropy(logits, [target])


@pytest.mark.parametrize("x", [1000.0, -1000.0, 750.0, 1e300])
def test_large_logits(x):
    for target in (0, 1):
        right = (x > 0) == bool(target)
        found = nn.binary_cross_entropy_with_logits([x], [target])
        assert found == (0.0 if right else abs(x))
        assert nn.cross_entropy([[-x / 2, x / 2]], [target]) == (0.0 if right else abs(x))
        slope = grad(lambda v, t=target: nn.binary_cross_entropy_with_logits([v], [t]))(x)
        assert slope == (0.0 if right else 1.0 - 2.0 * target)


def test_infinite_logits():
    for x, target in ((math.inf, 1), (-math.inf, 0)):
        assert nn.binary_cross_entropy_with_logits([x], [target]) == 0.0
        assert nn.binary_cross_entropy_with_logits([x], [1 - target]) == math.inf


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_a_soft_target_and_one_that_is_a_value(target):
    plain, traced = (
        value_and_grad(lambda x, t=t: nn.binary_cross_entropy_with_logits([x], [t]))(0.7)
        for t in (target, Value(target))
    )
    assert plain == traced
    logit = Value(0.7)
    expected = -target * logit.sigmoid().log() - (1.0 - target) * (1.0 - logit.sigmoid()).log()
    assert plain[0] == pytest.approx(expected.data)


@pytest.mark.parametrize("loss", [*ELEMENTWISE, nn.hinge, nn.cross_entropy])
@pytest.mark.parametrize("given", ["text", ["a", "b"], {0: 1.0, 1: 0.0}, {1.0, 0.5}, b"ab"])
def test_what_is_no_list_of_numbers(loss, given):
    for arguments in ((given, [1, 0]), ([[0.5, 0.1], [0.2, 0.3]], given)):
        with pytest.raises(TypeError, match="a loss takes numbers, Values and nested lists"):
            loss(*arguments)


def test_penalties():
    weights = [Value(3.0), Value(-4.0)]
    assert nn.l2(weights).data == 25.0
    assert nn.l1(weights).data == 7.0
    nn.l2(weights).backward()
    assert [w.grad for w in weights] == [6.0, -8.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.mean_squared_error([1.0], [1.0, 2.0]), "1 outputs and 2 targets"),
        (lambda: nn.mean_squared_error([1.0], [1.0], [1, 1]), "1 outputs and 2 mask entries"),
        (lambda: nn.mean_squared_error([], []), "no outputs"),
        (lambda: nn.huber([1.0], [1.0], delta=0.0), "delta must be positive"),
        (lambda: nn.hinge([1.0], [0]), "targets of 1 or -1, not 0"),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [-1]), r"in \[0, 1\], not -1"),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [1.5]), r"in \[0, 1\], not 1\.5"),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [math.nan]), "not nan"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [2]), "2 is no class: there are 2"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [-1]), "-1 is no class"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0.5]), "0.5 is no class"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [None]), "None is no class: there are 2"),
        (lambda: nn.huber([1.0], [1.0], delta=-1.0), "delta must be at least 0"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0, 1]), "1 outputs and 2 targets"),
        (lambda: nn.cross_entropy([[1.0, 2.0]] * 2, [[0, 1]] * 2), r"not a list .*as \[0, 1\]"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_delta_of_huber_may_be_a_value_and_an_argument():
    assert nn.huber([3.0], [0.0], delta=Value(1.0)).data == 2.5
    fast = autograd.compile(lambda x, delta: nn.huber([x], [0.0], delta=delta))
    assert [fast(3.0, 1.0), fast(3.0, 2.0), fast(0.5, 2.0)] == [2.5, 4.0, 0.125]
    for delta in (Value(0.0), Value(-1.0)):
        with pytest.raises(ValueError, match="delta must be"):
            nn.huber([3.0], [0.0], delta=delta)
    with pytest.raises(TypeError, match="delta must be a number, not 'a'"):
        nn.huber([3.0], [0.0], delta="a")


@pytest.mark.parametrize("outputs", [[], [[]]])
def test_a_cross_entropy_of_nothing_is_told(outputs):
    with pytest.raises(ValueError, match="a loss of no outputs: give at least one"):
        nn.cross_entropy(outputs, [])
