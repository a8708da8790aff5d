"""Convolutions and pooling on CPUs: XLA's results up to rounding, computed faster where XLA is slow (README.md).

The architectures import ``Conv``, ``max_pool`` and ``adaptive_average_pool`` from here; this folder knows no
architecture.
"""
