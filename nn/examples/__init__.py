"""The networks and techniques that texts on backpropagation teach, working on real data.

`python -m nn.examples.NAME` trains one, with progress, and says the figure it reaches; NAME is
one of the modules below. `python -m nn.examples.report` measures all and writes a table. The data
come inside packages: `pip install "scalar-autograd[examples]"`.
"""
