"""The LLVM back end: programs and batches in LLVM's language, and the way into memory."""
