"""How convolutions and pooling are computed on CPUs: the same numbers as XLA's own, faster where XLA is slow.

The architectures import ``Conv``, ``max_pool`` and ``adaptive_average_pool`` from here; this folder knows no
architecture.
"""
