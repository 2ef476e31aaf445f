"""Programs: straight-line code that checks itself, and what makes it smaller or simpler.

A `program.Program` is a list of instructions, each an operation on registers; a `builder` writes
one, `passes` turn one into another. `reading` makes programs of the texts of the table and of
Python functions on floats, `many` of the operations on many operands; `terms` tells what one adds.
"""
