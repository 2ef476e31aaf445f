"""Folding a large graph into a picture that can be read: neurons first, then layers.

What a neuron is and what a layer is is found in the structure of the graph, so it does not matter
which package built it: `cells` puts a weighted sum, its bias and its activation into one cell,
`groups` puts cells of one shape and one past into one group, and `folded` draws them, with words
from `words`.
"""

from autograd.draw.folding.folded import folded

__all__ = ["folded"]
