"""The LLVM back end: programs and batches in LLVM's language, and the way into memory.

An `emitter` writes instructions (`writer`) and loops (`rolling`) as functions (`pieces`), for
single numbers or vectors; `lanes` has them called for all rows of a batch by the `helpers` that all
batches share: the loop over the rows (`rounds`), and from rows to lanes and back (`transpose`).
`layout` is where numbers are, `symbols` what is called outside, `elementary` the exponential of
vectors. `native` compiles, long programs in parts while the rest is written. `direct` calls of
batches and `quick` ones of single numbers go without Python in between; `calls` and `slots` are
what they share.
"""
