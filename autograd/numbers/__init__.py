"""Arithmetic on plain floats: what counts as a number, and functions that keep every digit.

A reader of backpropagation may skip this room. `real` makes floats of numbers, `floats` is
arithmetic in which nothing raises, `special` and `gamma` are functions that Python's `math` lacks,
`exact` tells what rounding took off.
"""
