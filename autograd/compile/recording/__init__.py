"""Recording a function: run it twice on Values, compare, and read a program from what happened.

`trace` writes down what happens, `runs` lets it happen, `same` compares the two runs, and
`assemble` makes the program. `outside` finds what a program could not repeat, unless `innocent`
knows that it cannot be. Derivatives are derived while recording (`differentiate`), once (`again`),
or at the very end (`ending`).
"""
