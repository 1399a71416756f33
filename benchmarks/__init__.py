"""How fast, and compared to what: each figure beside its limit, measured in the same run.

``python -m benchmarks`` runs all, ``python -m benchmarks NAME…`` some. Nothing here is a
test: a figure depends on the machine, a ratio much less.
"""
