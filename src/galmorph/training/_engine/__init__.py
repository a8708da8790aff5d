"""The training loop and what it consists of: configuration, step, feed, devices, checkpoints, history, prediction.

Works on Flax modules and arrays, and knows no `Classifier`. Every other folder of `galmorph.training` may import from
here; this folder imports from none of them.
"""
