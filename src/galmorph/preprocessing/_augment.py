"""Augmentation: random changes of stamps in training, which do not change the class of a galaxy.

This module and the two beside it, `_augment_geometry` and `_augment_photometry`, are the only ones of
`galmorph.preprocessing` that import JAX: they run on the device, in the compiled training step.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from galmorph._checks import check, check_choice, check_flag, check_not_negative, check_positive
from galmorph.preprocessing._augment_geometry import FILLS, change_geometry
from galmorph.preprocessing._augment_photometry import add_noise, blur, change_colours

__all__ = ["Augmentation", "augment"]

FACTORS = ("zoom", "colour", "contrast", "brightness")
SIGMAS = ("blur", "noise")
DRAWS = ("zoom", "blur", "colour", "contrast", "brightness", "noise", "pixels", "extra")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes that training makes to each stamp, each time it uses the stamp.

    By default, stamps are turned by quarters and mirrored, which is exact; all else is off. The changes are made in
    this order: flip, rotation, zoom and shift; blur; colour, contrast, brightness; noise; `extra`.

    Ranges are pairs of the smallest and the largest value. Factors (`zoom`, `colour`, `contrast`, `brightness`) are
    drawn log-uniformly, so that 1/2 is as frequent as 2; standard deviations (`blur`, `noise`) uniformly.

    Parameters
    ----------
    rotation
        ``"any"`` angle (bilinear interpolation), ``"quarter"`` turns (exact) or ``"none"``.
    flip
        Whether stamps are mirrored, with a probability of one half.
    shift
        Largest shift along each axis, in pixels: whole pixels, unless the rotation is ``"any"`` or there is a zoom.
    zoom
        Factors by which stamps are enlarged about their centre, at constant surface brightness. Rotation, zoom and
        shift together take one bilinear interpolation. Factors below 1 need sky around the galaxy: one that reaches
        the edge of its stamp is continued by `fill`, and looks bent or cut.
    fill
        What pixels show that come from outside of a stamp: ``"edge"`` repeats its outermost pixels, ``"reflect"``
        reflects its border, up to a quarter of its size. Choose ``"reflect"`` with a rotation by ``"any"`` angle or a
        zoom below 1: repeated pixels are streaks, which show a network by how much a stamp was turned.
    blur
        Standard deviations of the Gaussian with which stamps are convolved, in pixels.
    colour
        Factors of the channels; each channel of each stamp has its own.
    contrast
        Factors of the differences from the mean of each channel.
    brightness
        Factors of whole stamps.
    noise
        Standard deviations of the Gaussian noise, which is independent in all pixels and channels; stamps are between
        0 and 1.
    extra
        A function of your own, which changes stamps after all else. It gets float32 stamps of shape ``(batch, size,
        size, channels)`` between 0 and 1 and an array of JAX random keys of shape ``(batch,)``, and returns stamps of
        the same shape and dtype. It is traced once and compiled into the training step, so it must consist of
        operations of JAX. Define it once, outside of loops: another function, even an equal one, compiles again.

    Raises
    ------
    InvalidValueError
        If the rotation or the fill is unknown, or another option is of the wrong type or out of range.

    Notes
    -----
    Stamps are clipped to the range from 0 to 1 after noise and again after `extra`, if any of colour, contrast,
    brightness, noise and `extra` is on. With a single channel, `colour` does what `brightness` does. Interpolation
    smooths the noise of a stamp somewhat. Zooms below 1/2 skip pixels.

    Examples
    --------
    Stamps as another telescope and another camera might have taken them, with a power law of one's own:

    >>> import jax
    >>> from galmorph.preprocessing import Augmentation
    >>> def gamma(stamps, keys):
    ...     power = jax.vmap(lambda key: jax.random.uniform(key, (1, 1, 1), minval=0.8, maxval=1.25))
    ...     return stamps ** power(keys)
    >>> augmentation = Augmentation(
    ...     rotation="any",
    ...     shift=2,
    ...     zoom=(0.8, 1.25),
    ...     fill="reflect",
    ...     blur=(0, 1.5),
    ...     colour=(0.9, 1.1),
    ...     contrast=(0.8, 1.25),
    ...     brightness=(0.8, 1.25),
    ...     noise=(0, 0.03),
    ...     extra=gamma,
    ... )
    >>> augmentation.zoom
    (0.8, 1.25)
    """

    rotation: str = "quarter"
    flip: bool = True
    shift: int = 0
    zoom: Sequence[float] = (1.0, 1.0)
    fill: str = "edge"
    blur: Sequence[float] = (0.0, 0.0)
    colour: Sequence[float] = (1.0, 1.0)
    contrast: Sequence[float] = (1.0, 1.0)
    brightness: Sequence[float] = (1.0, 1.0)
    noise: Sequence[float] = (0.0, 0.0)
    extra: Callable[[Array, Array], Array] | None = None

    def __post_init__(self) -> None:
        check_choice("rotation", self.rotation, ("any", "quarter", "none"))
        check_flag("flip", self.flip)
        check_not_negative("shift", self.shift)
        check_choice("fill", self.fill, FILLS)
        for name in (*FACTORS, *SIGMAS):
            object.__setattr__(self, name, _as_range(name, getattr(self, name), zero=name in SIGMAS))
        check(
            self.extra is None or (callable(self.extra) and isinstance(self.extra, Hashable)),
            f"extra: expected a function of stamps and keys that can be hashed, or None, got {self.extra!r}",
        )

    def to_dict(self) -> dict[str, Any]:
        """Describe the augmentation in values that JSON can store; a function of your own by its name.

        Options that are off are left out, except for rotation, flip and shift. So descriptions, and the hashes of plans
        and checkpoints, are those of earlier versions, which did not have the other options.
        """
        described: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("rotation", "flip", "shift") or value != field.default:
                described[field.name] = list(value) if isinstance(value, tuple) else value
        if self.extra is not None:
            described["extra"] = getattr(self.extra, "__qualname__", repr(self.extra))
        return described


def augment(
    stamps: Float[Array, "batch size size channels"], key: Key[Array, ""], augmentation: Augmentation
) -> Float[Array, "batch size size channels"]:
    """Change each stamp at random.

    What happens to a stamp depends on the key, on its place in the batch and, for quarter turns, on the number of
    stamps, but not on the other stamps. Options are drawn independently: if one is turned on, the others draw the same
    values as before.

    Parameters
    ----------
    stamps
        Square stamps of shape ``(batch, size, size, channels)``, between 0 and 1.
    key
        A JAX random key; the same key makes the same changes.
    augmentation
        The random changes to make, and their order.

    Returns
    -------
    stamps
        Changed stamps, of the same shape.

    Raises
    ------
    InvalidValueError
        If ``augmentation.extra`` returns an array of another shape or dtype.

    Examples
    --------
    >>> import jax
    >>> import jax.numpy as jnp
    >>> from galmorph.preprocessing import Augmentation, augment
    >>> stamp = jnp.arange(4.0).reshape(1, 2, 2, 1)
    >>> turned = augment(stamp, jax.random.key(1), Augmentation(rotation="quarter", flip=True))
    >>> sorted(turned.ravel().tolist())
    [0.0, 1.0, 2.0, 3.0]
    """
    options = augmentation

    def keys(draw: str) -> Key[Array, "batch"]:
        """Make a key for a draw for each stamp. `split` uses the numbers 0 to 2, for keys of the whole batch."""
        of_draw = jax.random.fold_in(key, 3 + DRAWS.index(draw))
        return jax.vmap(partial(jax.random.fold_in, of_draw))(jnp.arange(len(stamps)))

    def factors(name: str, shape: tuple[int, ...] = ()) -> Array | None:
        """Draw factors log-uniformly; None if they are all 1."""
        low, high = getattr(options, name)
        return None if low == high == 1 else low * (high / low) ** _uniform(keys(name), shape)

    def sigmas(name: str) -> Array:
        """Draw standard deviations uniformly."""
        low, high = getattr(options, name)
        return low + (high - low) * _uniform(keys(name))

    stamps = change_geometry(
        stamps,
        jax.random.split(key, 3),
        factors("zoom"),
        rotation=options.rotation,
        flip=options.flip,
        shift=options.shift,
        fill=options.fill,
    )
    if options.blur != (0, 0):
        stamps = blur(stamps, sigmas("blur"))
    changed = change_colours(
        stamps,
        factors("colour", (stamps.shape[-1],)),
        factors("contrast"),
        factors("brightness"),
    )
    if options.noise != (0, 0):
        changed = add_noise(changed, sigmas("noise"), keys("pixels"))
    if changed is stamps and options.extra is None:
        return stamps
    changed = jnp.clip(changed, 0, 1)
    return changed if options.extra is None else _apply(options.extra, changed, keys("extra"))


def _as_range(name: str, values: Any, *, zero: bool) -> tuple[float, float]:
    """Make a pair of Python's numbers, which JSON can hold, of the ends of a range."""
    example = "(0, 0.05)" if zero else "(0.8, 1.25)"
    check(
        isinstance(values, Sequence) and not isinstance(values, str) and len(values) == 2,
        f"{name}: expected the smallest and the largest value, got {values!r}; write {name}={example}",
    )
    low, high = (value.item() if isinstance(value, np.generic) else value for value in values)
    for value in (low, high):
        (check_not_negative if zero else check_positive)(name, value)
    check(
        low <= high, f"{name}: expected the smallest value before the largest, got {values!r}; write {name}={example}"
    )
    return float(low), float(high)


def _uniform(keys: Key[Array, "batch"], shape: tuple[int, ...] = ()) -> Float[Array, "batch *shape"]:
    return jax.vmap(partial(jax.random.uniform, shape=shape))(keys)


def _apply(extra: Callable[[Array, Array], Array], stamps: Array, keys: Key[Array, "batch"]) -> Array:
    changed = extra(stamps, keys)
    found = (getattr(changed, "dtype", None), getattr(changed, "shape", None))
    check(
        found == (stamps.dtype, stamps.shape),
        f"extra: expected stamps of dtype {stamps.dtype} and shape {stamps.shape} back, got "
        f"{type(changed).__name__} of dtype {found[0]} and shape {found[1]}",
    )
    return jnp.clip(changed, 0, 1)
