"""Feeds: how the galaxies of an epoch reach the training step.

On accelerators stamps lie on the device where they fit, and many steps are one compiled loop. Everywhere else the same
step is called once for each batch, which a thread reads ahead from memory or from disk. On CPUs that is the faster way:
XLA runs convolutions inside of loops on one thread and up to 25 times slower there, while a call costs a fraction of a
millisecond (docs/performance.md).
"""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array

from galmorph.data import Dataset, batches, epoch_order
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.state import State, Sums
from galmorph.training._engine.step import Step, StepConstants
from galmorph.types import Batch

__all__ = ["Resident", "Streamed", "choose_feed"]

RESIDENT_PART = 0.5  # of the memory of a device, for stamps


class Streamed:
    """Calls the step once for each batch, which a thread reads ahead."""

    def __init__(
        self, step: Step, constants: StepConstants, config: TrainConfig, dataset: Dataset, placement: Placement
    ) -> None:
        self._step = _one_step(step)
        self._constants = placement.copy(constants)
        self._config = config
        self._dataset = dataset
        self._placement = placement
        self._batches: Iterator[Batch] = iter(())
        self._next = (-1, -1)  # epoch and step of the batch that comes next
        self._arguments: Any = None  # their shapes

    def take(self, state: State, total: Sums, epoch: int, start: int, end: int) -> tuple[State, Sums]:
        """Take the steps from `start` up to, not including, `end` of an epoch; add to the sums, one step at a time."""
        steps = -(-len(self._dataset) // self._config.batch_size)
        if self._next != (epoch, start):
            self._open(epoch, start)
        for number in range(start, end):
            batch = next(self._batches)
            stamps, labels, valid = self._placement.share(batch.images, batch.labels, batch.valid)
            arguments = (state, self._constants, stamps, labels, np.int32(epoch * steps + number), valid)
            if self._arguments is None:
                self._arguments = _shapes(arguments)
            state, sums = self._step(*arguments)
            total = total.plus(sums)
        self._next = (epoch, end)
        return state, total

    def show(self, dataset: Dataset) -> None:
        """Go on with other galaxies, as many and of the same classes."""
        self._dataset, self._next = dataset, (-1, -1)

    def memory(self) -> int:
        """Bytes that a step needs on a device, as the compiler planned it; 0 before the first step."""
        return _memory(self._step, self._arguments)

    def _open(self, epoch: int, start: int) -> None:
        self.close()
        self._batches = batches(
            self._dataset,
            self._config.batch_size,
            seed=self._config.seed,
            epoch=epoch,
            start=start,
            balanced=self._config.balanced_sampling,
            process=self._placement.process,
            processes=self._placement.processes,
        )

    def close(self) -> None:
        """End the thread that reads ahead."""
        self._batches = iter(())


class Resident:
    """Keeps all stamps on the device, and takes many steps in one compiled loop."""

    def __init__(self, step: Step, constants: StepConstants, config: TrainConfig, dataset: Dataset) -> None:
        self._loop = _many_steps(step)
        self._constants = jax.device_put(constants)
        self._config = config
        self._arguments: Any = None  # their shapes
        self._order: tuple[Array, Array]
        self.show(dataset)

    def show(self, dataset: Dataset) -> None:
        """Go on with other galaxies, as many and of the same classes."""
        self._host_labels = dataset.labels
        filled = (_fill_up(values, self._config.batch_size) for values in (dataset.stamps, dataset.labels))
        self._data = jax.device_put(tuple(map(np.asarray, filled)))
        self._epoch = -1

    def take(self, state: State, total: Sums, epoch: int, start: int, end: int) -> tuple[State, Sums]:
        """Take the steps from `start` up to, not including, `end` of an epoch; add to the sums, one step at a time."""
        if epoch != self._epoch:
            balance = self._host_labels if self._config.balanced_sampling else None
            order = epoch_order(
                len(self._host_labels), self._config.batch_size, seed=self._config.seed, epoch=epoch, balance=balance
            )
            self._epoch, self._order = epoch, jax.device_put(order)
        first = np.int32(epoch * len(self._order[0]))
        learned = (state, jax.tree.map(jnp.asarray, total))
        arguments = (learned, self._constants, self._data, self._order, first, np.int32(start), np.int32(end))
        if self._arguments is None:
            self._arguments = _shapes(arguments)
        return self._loop(*arguments)

    def memory(self) -> int:
        """Bytes that steps need on the device, all stamps included, as the compiler planned it; 0 before the first."""
        return _memory(self._loop, self._arguments)

    def close(self) -> None:
        """Let go of the stamps on the device."""
        self._data = (jnp.zeros(0), jnp.zeros(0))


@CompiledOnce
def _one_step(step: Step) -> Any:
    # Not the step itself: JAX asks for the hash of what it compiles, and a step may have none.
    return jax.jit(lambda *given: step(*given), donate_argnums=0)


@CompiledOnce
def _many_steps(step: Step) -> Any:
    def loop(
        learned: tuple[State, Sums],
        constants: StepConstants,
        data: tuple[Array, Array],
        epoch: tuple[Array, Array],
        first: Array,
        start: Array,
        end: Array,
    ) -> tuple[State, Sums]:
        (stamps, labels), (order, valid) = data, epoch

        def body(number: Array, carry: tuple[State, Sums]) -> tuple[State, Sums]:
            state, total = carry
            rows = order[number]
            state, sums = step(state, constants, stamps[rows], labels[rows], first + number, valid[number])
            return state, total.plus(sums)

        done: tuple[State, Sums] = lax.fori_loop(start, end, body, learned)
        return done

    return jax.jit(loop, donate_argnums=0)


def _fill_up(values: np.ndarray, batch_size: int) -> np.ndarray:
    """Fill up to whole batches, so that folds with a galaxy more or less have one shape, and are compiled once."""
    missing = -len(values) % batch_size
    return np.concatenate([values, np.zeros_like(values[:1]).repeat(missing, axis=0)]) if missing else values


def _shapes(arguments: Any) -> Any:
    def shape(leaf: Any) -> jax.ShapeDtypeStruct:
        sharding = leaf.sharding if getattr(leaf, "committed", False) else None
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

    return jax.tree.map(shape, arguments)


def _memory(step: Any, shapes: Any) -> int:
    """Look up what was planned when the step was compiled; nothing is compiled again."""
    if shapes is None:
        return 0
    plan = step.lower(*shapes).compile().memory_analysis()
    if plan is None:  # a backend that does not tell
        return 0
    return int(
        plan.argument_size_in_bytes + plan.output_size_in_bytes - plan.alias_size_in_bytes + plan.temp_size_in_bytes
    )


def choose_feed(
    step: Step, constants: StepConstants, config: TrainConfig, dataset: Dataset, placement: Placement
) -> Resident | Streamed:
    """Keep stamps on the device where that is a single accelerator, and they take at most half of its memory."""
    device = jax.local_devices()[0]
    if device.platform != "cpu" and jax.device_count() == 1:
        memory = device.memory_stats() or {}
        if dataset.stamps.nbytes <= RESIDENT_PART * memory.get("bytes_limit", 0):
            return Resident(step, constants, config, dataset)
    return Streamed(step, constants, config, dataset, placement)
