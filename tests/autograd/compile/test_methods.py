"""Compiled methods: each object has its own, which reads the object at each call."""

import copy
import gc
import pickle
import weakref

import pytest

import autograd
import nn
from autograd import Value


class Line:
    def __init__(self, slope=2.0):
        self.slope = Value(slope)

    @autograd.compile
    def squared(self, x):
        return self.slope * x * x

    def _loss(self, x, y):
        return (self.slope * x - y) ** 2

    loss = autograd.compile(_loss, batch=("x", "y"), reduce="mean")


class Net(nn.Module):
    def __init__(self):
        self.layers = nn.MLP(2, [3, 1], seed=1)

    def __call__(self, x):
        return self.layers(x)

    @autograd.compile
    def fast(self, x):
        return self(x)


def test_each_object_has_its_own():
    one, other = Line(), Line(5.0)
    assert (one.squared(3.0), other.squared(3.0)) == (18.0, 45.0)
    assert one.squared is one.squared
    assert one.squared is not other.squared
    one.slope.data = 3.0
    assert (one.squared(3.0), other.squared(3.0)) == (27.0, 45.0)


def test_a_batch_adds_to_the_gradients_of_its_object():
    line = Line()
    assert line.loss.backward(x=[1.0, 2.0], y=[1.0, 1.0]) == 5.0
    assert line.slope.grad == 7.0


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_have_theirs(copied):
    line = Line()
    line.squared(1.0)
    twin = copied(line)
    twin.slope.data = 10.0
    assert (line.squared(1.0), twin.squared(1.0)) == (2.0, 10.0)
    assert copied(line.squared)(1.0) == 2.0
    assert copied(line.loss)(x=[1.0], y=[1.0]) == 1.0


def test_the_parameters_of_a_module_stay_the_same():
    net = Net()
    before = net.parameters()
    assert net.fast([1.0, 2.0]) == net([1.0, 2.0]).data
    assert net.parameters() == before
    assert list(net.state_dict()) == list(Net().state_dict())


def test_an_object_goes_with_its_methods():
    line = Line()
    line.squared(1.0)
    gone = weakref.ref(line)
    del line
    gc.collect()
    assert gone() is None


def test_in_a_class_it_is_the_function():
    assert Line.squared is Line.__dict__["squared"]
    assert repr(Line.squared) == "<compiled Line.squared>"


def test_an_object_without_room_for_it_is_told_what_to_do():
    class Small:
        __slots__ = ()

        @autograd.compile
        def squared(self, x):
            return x * x

    with pytest.raises(TypeError, match=r"Small has __slots__.*compile it in __init__"):
        Small().squared(2.0)


class Steep(Line):
    @autograd.compile
    def squared(self, x):
        return super().squared(x) + 1.0

    def raised(self, x, k=1.0):
        return x * x * k

    slope_by_x = autograd.grad(raised, 1)
    compiled_slope = autograd.compile(autograd.grad(raised, 1))

    @classmethod
    @autograd.compile
    def of_the_class(cls, x):
        return 3.0 * x


def test_a_subclass_has_its_own_and_reaches_that_of_its_base():
    steep = Steep()
    for _ in range(3):
        assert steep.squared(2.0) == 9.0
        assert super(Steep, steep).squared(2.0) == 8.0
    assert (Line.squared(steep, 2.0), Steep.squared(steep, 2.0)) == (8.0, 9.0)
    twin = pickle.loads(pickle.dumps(super(Steep, steep).squared))
    assert twin(2.0) == 8.0
    assert pickle.loads(pickle.dumps(steep.squared))(2.0) == 9.0


def test_a_shallow_copy_does_not_share_those_of_the_original():
    line = Line()
    line.squared(1.0)
    twin = copy.copy(line)
    twin.slope = Value(5.0)
    assert (twin.squared(1.0), line.squared(1.0)) == (5.0, 2.0)
    twin.loss.backward(x=[1.0], y=[1.0])
    assert (twin.slope.grad, line.slope.grad) == (8.0, 0.0)


def test_derivatives_stand_in_classes_too():
    steep = Steep()
    assert steep.slope_by_x(3.0, 5.0) == steep.compiled_slope(3.0, 5.0) == 30.0
    assert steep.compiled_slope(3.0) == 6.0
    assert autograd.compile(steep.slope_by_x)(3.0, 5.0) == 30.0


def test_a_derivative_of_a_method_travels_as_such():
    gradient = autograd.compile(autograd.grad(Line().squared))
    for twin in (gradient, pickle.loads(pickle.dumps(gradient)), copy.deepcopy(gradient)):
        assert twin(3.0) == 12.0


def test_methods_of_the_class():
    assert Steep.of_the_class(2.0) == Steep().of_the_class(2.0) == 6.0
