"""The LLVM back end: programs and batches in LLVM's language, and the way into memory.

An `emitter` writes instructions (`writer`) and loops (`rolling`) as functions, for single numbers
or vectors; `lanes` puts the loop over the rows of a batch around them, with the helpers of
`transpose`. `layout` is where numbers are, `symbols` what is called outside, `elementary` the
exponential of vectors. `native` compiles; `slots` and `direct` call without Python in between.
"""
