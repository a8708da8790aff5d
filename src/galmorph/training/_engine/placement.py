"""Placement of arrays on one device, several devices, or the devices of several processes."""

from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Int32

from galmorph._checks import check

__all__ = ["Placement"]


class Placement:
    """Every device gets a copy of the state, and its own part of each batch.

    With a single device ``everywhere`` is None, JAX's default: a training and its classifier then share compiled
    functions.

    If JAX runs as several processes (after ``jax.distributed.initialize``), each process provides its own part of every
    batch.

    Parameters
    ----------
    batch_size
        Number of galaxies in a batch, over all devices of all processes together.

    Raises
    ------
    InvalidValueError
        If the devices can't share a batch equally.
    """

    def __init__(self, batch_size: int) -> None:
        devices = jax.devices()
        check(
            batch_size % len(devices) == 0,
            f"batch_size: expected a multiple of the {len(devices)} devices, got {batch_size}",
        )
        self.process, self.processes = jax.process_index(), jax.process_count()
        self._devices = len(devices)
        self.everywhere: NamedSharding | None = None
        self.shared_out: NamedSharding | None = None
        if self._devices > 1:
            mesh = jax.sharding.Mesh(np.asarray(devices), ("batch",))
            self.everywhere = NamedSharding(mesh, PartitionSpec())
            self.shared_out = NamedSharding(mesh, PartitionSpec("batch"))

    def whole(self, batch_size: int) -> int:
        """Round a number of galaxies up to one that the devices can share equally."""
        return -(-batch_size // self._devices) * self._devices

    def own(self, order: Int32[np.ndarray, "steps batch"]) -> Int32[np.ndarray, "steps part"]:
        """Part of every batch that this process provides."""
        part = order.shape[1] // self.processes
        return order[:, self.process * part : (self.process + 1) * part]

    def copy(self, tree: Any) -> Any:
        """Copy arrays to every device; all processes must provide the same."""
        return jax.device_put(tree, self.everywhere)

    def check_same(self, *, steps: int, epoch: int, step: int) -> None:
        """Check that all processes train alike, and begin at the same step: else they would wait for each other.

        Raises
        ------
        InvalidValueError
            If a process has another number of steps in an epoch, or read another checkpoint.
        """
        if self.processes == 1:
            return
        mine = np.asarray((steps, epoch, step), np.int32)
        for process, (its_steps, *its_start) in enumerate(multihost_utils.process_allgather(mine).tolist()):
            check(
                its_steps == steps,
                f"dataset: process {self.process} has {steps} steps in an epoch, and process {process} {its_steps}; "
                "give all processes the same data set",
            )
            check(
                its_start == [epoch, step],
                f"checkpoints: process {self.process} begins at epoch {epoch + 1}, step {step}, and process {process} "
                f"at epoch {its_start[0] + 1}, step {its_start[1]}; choose a folder that all processes can read",
            )

    def share(self, *parts: np.ndarray) -> tuple[Array, ...]:
        """Distribute a batch over the devices; each process provides its own part."""
        if self.processes == 1:
            return tuple(jax.device_put(parts, self.shared_out))
        return tuple(jax.make_array_from_process_local_data(self.shared_out, part) for part in parts)
