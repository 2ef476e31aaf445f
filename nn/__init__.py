"""Networks on autograd's Values: thin enough that each layer reads on one screen.

`MLP(2, [16, 16, 1])` and its parts as in micrograd; losses and optimizers with PyTorch's names;
`fit` to train, `predict` to use. Read the package in this order: `module`, `initializers`, `mlp`,
`losses`, `optimizer`, `optimizers`, `clipping`, `schedules`, `callbacks`, `training`, `fitting`;
then the other layers in `layers`, `convolution`, `recurrent`, `attention`, `normalization`.
`diagnose` tells what ails a network that does not learn. Modules of their own, to be imported, are
`nn.metrics` (`from nn.metrics import accuracy`) and `nn.plots`, pictures for notebooks.

>>> from nn import MLP, Adam, fit, mean_squared_error
>>> model = MLP(2, [4, 1], seed=0)
>>> history = fit(model, [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0], loss=mean_squared_error,
...               optimizer=Adam(model.parameters(), lr=0.05), epochs=100, seed=0, progress=False)
>>> history["loss"][-1] < 1e-3
True
"""

from nn.attention import MultiHeadAttention, attention, attention_weights, causal_mask
from nn.callbacks import Callback, Checkpoint, EarlyStopping
from nn.clipping import clip_by_norm, clip_by_value, clip_grad_norm_, clip_grad_value_
from nn.convolution import AvgPool1d, AvgPool2d, Conv1d, Conv2d, MaxPool1d, MaxPool2d
from nn.diagnosis import Diagnosis, diagnose
from nn.fitting import fit, predict
from nn.layers import Dropout, Each, Embedding, Flatten, Linear, Sequential, added
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    l1,
    l2,
    mean_absolute_error,
    mean_squared_error,
)
from nn.mlp import MLP, Layer, Neuron
from nn.module import Module
from nn.normalization import LayerNorm, RMSNorm
from nn.optimizer import Optimizer
from nn.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.recurrent import GRUCell, LSTMCell, RNNCell, run
from nn.schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    Schedule,
    SequentialLR,
    StepLR,
)
from nn.training import History, Training, TrainingError

# fmt: off
__all__ = [
    "MLP", "SGD", "Adagrad", "Adam", "AdamW", "AvgPool1d", "AvgPool2d", "Callback",
    "Checkpoint", "Conv1d", "Conv2d", "CosineAnnealingLR", "Diagnosis", "Dropout", "Each",
    "EarlyStopping", "Embedding", "ExponentialLR", "Flatten", "GRUCell", "History", "LSTMCell",
    "LambdaLR", "Layer", "LayerNorm", "Linear", "LinearLR", "MaxPool1d", "MaxPool2d", "Module",
    "MultiHeadAttention", "Neuron", "Optimizer", "RMSNorm", "RMSprop", "RNNCell", "Schedule",
    "Sequential", "SequentialLR", "StepLR", "Training", "TrainingError", "added", "attention",
    "attention_weights", "binary_cross_entropy_with_logits", "causal_mask", "clip_by_norm",
    "clip_by_value", "clip_grad_norm_", "clip_grad_value_", "cross_entropy", "diagnose", "fit",
    "hinge", "huber", "l1", "l2", "mean_absolute_error", "mean_squared_error", "predict", "run",
]
# fmt: on
