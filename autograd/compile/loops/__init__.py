"""Loops of a program: found where instructions come again, and differentiated as loops.

A recording of `for push in pushes: speed = speed + 0.01 * push` has a mul and an add for each push.
`repeats` finds that they come again and again and makes a `Loop` of them (`loop`): of `period` 2,
its operands being the same in all iterations (`Fixed`: 0.01), of the same iteration (`Local`), of
the one before (`Carried`: the speed, first the one at the start), or in equal steps through memory
(`Element`: the pushes). For a gradient the way is

    recorded.Plain     the nodes as instructions, in the order of `backward()`
    repeats            the loops among them, which `places` looks for where `stretches` come again
    lowered.Forward    the same in primitive instructions, and where each number is kept
    reverse.Reverse    the chain rule from the end: each instruction, or with
    backwards          each loop, as a loop from its last iteration to its first
    rolled.Rolled      the program of both, which checks itself
    gradients          all of this, without the loops that do not fit

A position is the place of an instruction in an iteration, a column what it computes in all of them.
An `IrregularError` says that something does not fit. A loop that does not is opened; where a branch
or a `where` does not, or no loop is left, nodes are differentiated one by one. `repeats` looks for
loops again among the instructions that are in none.
"""
