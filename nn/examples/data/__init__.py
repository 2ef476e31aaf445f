"""Data that needs no download: it comes inside packages that pip installs.

`tabular` (iris, wine, breast cancer) and `digits` from scikit-learn, `given_names` from names,
`places` and `dates` from Babel. Each is split into samples to train on and samples to test on, the
same for the same seed. `packages.needed` says what to install where a package is missing.
"""
