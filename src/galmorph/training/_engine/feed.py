"""Feeds: how the galaxies of an epoch reach the step function.

`Resident` keeps all stamps on an accelerator and takes many steps in one compiled loop. `Streamed` calls the step
function once for each batch, which a thread reads ahead from memory or disk. On CPUs `Streamed` is always faster:
inside a loop XLA runs convolutions on one thread, up to 25 times slower, while a call costs a fraction of a millisecond
(docs/performance.md).
"""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float32

from galmorph.data import Dataset, batches, epoch_order
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.state import LossSums, State
from galmorph.training._engine.step import Step, StepConstants
from galmorph.types import Batch

__all__ = ["Resident", "Streamed", "choose_feed"]

RESIDENT_FRACTION = 0.5  # of the memory of a device, for stamps

Votes = Float32[np.ndarray, "galaxies classes"] | Array


class Streamed:
    """Calls the step function once for each batch, which a thread reads ahead."""

    def __init__(
        self, step: Step, constants: StepConstants, config: TrainConfig, dataset: Dataset, placement: Placement
    ) -> None:
        self._step = _one_step(step)
        self._constants = placement.copy(constants)
        self._config = config
        self._dataset = dataset
        self._placement = placement
        self._batches: Iterator[Batch] = iter(())
        self._next = (-1, -1)  # epoch and step of the next batch from the thread
        self._shapes: Any = None  # of the arguments of the compiled function

    def take(self, state: State, total: LossSums, epoch: int, start: int, end: int) -> tuple[State, LossSums]:
        """Take steps `start` to `end - 1` of an epoch, and add up their sums one by one."""
        steps = -(-len(self._dataset) // self._config.batch_size)
        if self._next != (epoch, start):
            self._open(epoch, start)
        for number in range(start, end):
            batch = next(self._batches)
            given = batch.labels if self._constants.votes is None else batch.indices
            stamps, labels, valid = self._placement.share(batch.images, given, batch.valid)
            arguments = (state, self._constants, stamps, labels, np.int32(epoch * steps + number), valid)
            if self._shapes is None:
                self._shapes = _shapes_of(arguments)
            state, sums = self._step(*arguments)
            total = total.plus(sums)
        self._next = (epoch, end)
        return state, total

    def show(self, dataset: Dataset, votes: Votes | None) -> None:
        """Use other galaxies from now on: the same number, of the same classes, with soft labels if the others had."""
        self._dataset, self._next = dataset, (-1, -1)
        self._constants = self._constants._replace(votes=self._placement.copy(votes))

    def memory(self) -> int:
        """Bytes that a step needs on a device, as planned by the compiler; 0 before the first step."""
        return _memory(self._step, self._shapes)

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
        """Stop the thread that reads ahead."""
        self._batches = iter(())


class Resident:
    """Keeps all stamps on the device, and takes many steps in one compiled loop."""

    def __init__(self, step: Step, constants: StepConstants, config: TrainConfig, dataset: Dataset) -> None:
        self._loop = _many_steps(step)
        self._constants = jax.device_put(constants)
        self._config = config
        self._shapes: Any = None  # of the arguments of the compiled function
        self._order: tuple[Array, Array]
        self.show(dataset, constants.votes)

    def show(self, dataset: Dataset, votes: Votes | None) -> None:
        """Use other galaxies from now on: the same number, of the same classes, with soft labels if the others had."""
        self._constants = self._constants._replace(votes=jax.device_put(votes))
        self._host_labels = dataset.labels
        labels = dataset.labels if self._constants.votes is None else np.arange(len(dataset), dtype=np.int32)
        filled = (_fill_up(values, self._config.batch_size) for values in (dataset.stamps, labels))
        self._data = jax.device_put(tuple(map(np.asarray, filled)))
        self._epoch = -1

    def take(self, state: State, total: LossSums, epoch: int, start: int, end: int) -> tuple[State, LossSums]:
        """Take steps `start` to `end - 1` of an epoch, and add up their sums one by one."""
        if epoch != self._epoch:
            balance = self._host_labels if self._config.balanced_sampling else None
            order = epoch_order(
                len(self._host_labels), self._config.batch_size, seed=self._config.seed, epoch=epoch, balance=balance
            )
            self._epoch, self._order = epoch, jax.device_put(order)
        first = np.int32(epoch * len(self._order[0]))
        learned = (state, jax.tree.map(jnp.asarray, total))
        arguments = (learned, self._constants, self._data, self._order, first, np.int32(start), np.int32(end))
        if self._shapes is None:
            self._shapes = _shapes_of(arguments)
        return self._loop(*arguments)

    def memory(self) -> int:
        """Bytes that a step and all stamps need on the device, as planned by the compiler; 0 before the first step."""
        return _memory(self._loop, self._shapes)

    def close(self) -> None:
        """Free the stamps on the device."""
        self._data = (jnp.zeros(0), jnp.zeros(0))


@CompiledOnce
def _one_step(step: Step) -> Any:
    # A lambda, because JAX hashes the function that it compiles, and a step function may hold what can't be hashed.
    return jax.jit(lambda *given: step(*given), donate_argnums=0)


@CompiledOnce
def _many_steps(step: Step) -> Any:
    def loop(
        learned: tuple[State, LossSums],
        constants: StepConstants,
        data: tuple[Array, Array],
        epoch: tuple[Array, Array],
        first: Array,
        start: Array,
        end: Array,
    ) -> tuple[State, LossSums]:
        (stamps, labels), (order, valid) = data, epoch

        def body(number: Array, carry: tuple[State, LossSums]) -> tuple[State, LossSums]:
            state, total = carry
            rows = order[number]
            state, sums = step(state, constants, stamps[rows], labels[rows], first + number, valid[number])
            return state, total.plus(sums)

        done: tuple[State, LossSums] = lax.fori_loop(start, end, body, learned)
        return done

    return jax.jit(loop, donate_argnums=0)


def _fill_up(values: np.ndarray, batch_size: int) -> np.ndarray:
    """Fill up to whole batches: folds that differ by a galaxy have one shape and share one compiled function."""
    missing = -len(values) % batch_size
    return np.concatenate([values, np.zeros_like(values[:1]).repeat(missing, axis=0)]) if missing else values


def _shapes_of(arguments: Any) -> Any:
    def shape(leaf: Any) -> jax.ShapeDtypeStruct:
        sharding = leaf.sharding if getattr(leaf, "committed", False) else None
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

    return jax.tree.map(shape, arguments)


def _memory(step: Any, shapes: Any) -> int:
    """Memory that the compiler planned; JAX finds the compiled function in its cache and compiles nothing."""
    if shapes is None:
        return 0
    plan = step.lower(*shapes).compile().memory_analysis()
    if plan is None:  # not every backend reports it
        return 0
    return int(
        plan.argument_size_in_bytes + plan.output_size_in_bytes - plan.alias_size_in_bytes + plan.temp_size_in_bytes
    )


def choose_feed(
    step: Step, constants: StepConstants, config: TrainConfig, dataset: Dataset, placement: Placement
) -> Resident | Streamed:
    """Keep the stamps on the device if it is the only one, an accelerator, and they fill at most half of its memory."""
    device = jax.local_devices()[0]
    if device.platform != "cpu" and jax.device_count() == 1:
        memory = device.memory_stats() or {}
        if dataset.stamps.nbytes <= RESIDENT_FRACTION * memory.get("bytes_limit", 0):
            return Resident(step, constants, config, dataset)
    return Streamed(step, constants, config, dataset, placement)
