"""The training loop and its parts: configuration, step function, feeds, devices, checkpoints, history, prediction.

It works on Flax modules and arrays, and does not know `Classifier`. Every other folder of `galmorph.training` may
import from here; this folder imports from none of them.
"""
