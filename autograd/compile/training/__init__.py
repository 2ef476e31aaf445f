"""Trainings as native code: whole epochs in one loop, or a batch at a time.

`descent` takes the loss of a sample, the update and the clipping (`pieces`) and runs them in the
loops of `epochs`, shuffled by `twister` as Python would; `whole` takes the loss of a whole batch.
"""
