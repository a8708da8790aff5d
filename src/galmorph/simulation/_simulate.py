"""Data sets of simulated galaxies, all at once or in shards."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import numpy as np
from astropy.table import Column, Table
from jaxtyping import Array, Float32, Int, Int32, Key, UInt8, UInt32

from galmorph._checks import check, check_between, check_choice, check_flag, check_positive_int
from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.simulation._columns import COLUMNS
from galmorph.simulation._galaxy_zoo import GALAXY_ZOO_2
from galmorph.simulation._hubble import HUBBLE
from galmorph.simulation._hubble_types import HUBBLE_TYPES
from galmorph.simulation._observe import FRAME, LARGEST, is_plain, native_size, observe
from galmorph.simulation._population import Population, Seen, draw_parameters
from galmorph.simulation._telescope.survey import SDSS, Survey
from galmorph.simulation._telescope.telescopes import Telescopes, telescopes_of

__all__ = ["POPULATIONS", "simulate_galaxies", "simulate_shards"]

POPULATIONS = {"galaxy-zoo-2": GALAXY_ZOO_2, "hubble": HUBBLE, "hubble-types": HUBBLE_TYPES}

Truth = dict[str, Float32[np.ndarray, "galaxies"]]

# Sizes of blocks are fixed, because every other size would be compiled again.
DRAWN = 1024  # galaxies whose parameters are drawn in one call
BLOCK = 64  # galaxies that are observed in one call: enough to share its cost, few enough to stay in the caches
GRIDS = (56, LARGEST)  # sides of what is drawn, in pixels; each galaxy takes the smallest grid that holds it
ATTEMPTS = 2000  # draws until a galaxy is seen as a member of the wanted class
WORKERS = 2  # blocks at a time, because some operations of a block keep only one core busy


def simulate_galaxies(
    n: int,
    *,
    scheme: str = "galaxy-zoo-2",
    size: int = 64,
    seed: int = 0,
    class_counts: Mapping[str, int] | Sequence[int] | None = None,
    survey: Survey | Sequence[Survey] = SDSS,
    seen: bool = False,
) -> Dataset:
    """Simulate galaxies of known classes, as a survey shows them.

    The same arguments give the same bits (on one kind of device, with one version of JAX). A galaxy depends on the
    seed, its number and its class, and not on the other galaxies. The first call for a survey compiles for some
    seconds.

    Parameters
    ----------
    n
        Number of galaxies, at least 1.
    scheme
        ``"galaxy-zoo-2"``: the five classes of Dai & Tong (2018), `galmorph.data.GALAXY_ZOO_2_CLASSES`.
        ``"hubble"``: E, S0, S0/a, SA, SAB, SB and Irr, none of them edge-on. ``"hubble-types"``: E, S0 (with S0/a), S
        and Irr, from all directions.
    size
        Side of a stamp in pixels, from 16 to 512. A stamp is always 4 r90 wide, where r90 is the radius of 90 % of the
        Petrosian flux. It shows no more detail than the survey, which has 32 to 72 pixels there.
    seed
        Random seed, a whole number of at least 0.
    class_counts
        How many galaxies of each class: by name (classes that are not named get none), or in the order of the scheme.
        None uses the shares of the scheme, with at least one galaxy of each class if `n` allows; for Galaxy Zoo 2 these
        are the shares of Dai & Tong's sample.
    survey
        The survey that observes them, or several with the same number of bands: one of them is drawn for each galaxy.
        A survey that is listed twice is drawn twice as often.
    seen
        Whether classes are what people can see, instead of what was drawn (not for ``"hubble"``). In
        ``"galaxy-zoo-2"``, a spiral whose arms drown in blur or noise then counts as smooth, shapes are those after the
        blur, and galaxies about which people would disagree are left out. `class_counts` are counts of what is seen.
        In ``"hubble-types"``, spirals and irregulars that can't be recognised are left out.

    Returns
    -------
    Dataset
        Stamps are uint8 of shape ``(n, size, size, bands)``, with the classes in random order. The table has a column
        for each parameter of the galaxies, with unit and description. Lengths are in pixels of the stamp, positions
        relative to the centre of its first pixel, and angles from the x axis towards the y axis.

    Raises
    ------
    InvalidValueError
        If a number is not whole or out of its range, the scheme is unknown, or `class_counts` names unknown classes,
        has the wrong length, or does not sum to `n`; if surveys have different numbers of bands, or cannot show a class
        that should be seen.

    References
    ----------
    Dai & Tong (2018), arXiv:1807.10406; Willett et al. (2013), MNRAS 435, 2835 (Galaxy Zoo 2). The functions
    of `galmorph.simulation` give the formulas and their sources; the page "How real simulated galaxies are" of the
    documentation compares the galaxies with real ones.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> galaxies = simulate_galaxies(20, size=32, class_counts={"spiral": 15, "edge_on": 5})
    >>> galaxies.stamps.shape
    (20, 32, 32, 3)
    >>> int((galaxies.table["arm_number"] > 0).sum())  # spirals have arms
    15
    """
    (galaxies,) = simulate_shards(
        n, shard=n, scheme=scheme, size=size, seed=seed, class_counts=class_counts, survey=survey, seen=seen
    )
    return galaxies


def simulate_shards(
    n: int,
    *,
    shard: int = 8192,
    scheme: str = "galaxy-zoo-2",
    size: int = 64,
    seed: int = 0,
    class_counts: Mapping[str, int] | Sequence[int] | None = None,
    survey: Survey | Sequence[Survey] = SDSS,
    seen: bool = False,
) -> Iterator[Dataset]:
    """Simulate more galaxies than fit into memory, one shard after the other.

    Together, the shards are bit for bit the result of `simulate_galaxies` with the same arguments.

    Parameters
    ----------
    n
        Number of galaxies in all shards together.
    shard
        Galaxies in a shard; the last one may have fewer.
    scheme, size, seed, class_counts, survey, seen
        As for `simulate_galaxies`.

    Returns
    -------
    iterator
        Data sets.

    Raises
    ------
    InvalidValueError
        As in `simulate_galaxies`, before the first shard is made.

    Examples
    --------
    >>> from galmorph.simulation import simulate_shards
    >>> [len(shard) for shard in simulate_shards(20, shard=8, size=32)]
    [8, 8, 4]
    """
    check_positive_int("n", n)
    check_positive_int("shard", shard)
    check_choice("scheme", scheme, POPULATIONS)
    check_positive_int("size", size)
    check_between("size", size, 16, 512)
    check(isinstance(seed, int) and seed >= 0, f"seed: expected a whole number of at least 0, got {seed!r}")
    surveys = _checked_surveys(survey)
    population = POPULATIONS[scheme]
    counts = (
        _default_counts(n, population.shares)
        if class_counts is None
        else _checked_counts(n, class_counts, population.classes)
    )
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    np.random.default_rng(seed).shuffle(labels)
    check_flag("seen", seen)
    check(
        not seen or population.seen is not None,
        f"seen: expected False for the scheme {scheme!r}; what people see is known for "
        f"{' and '.join(repr(name) for name, each in POPULATIONS.items() if each.seen is not None)} alone",
    )
    return _shards(labels, shard, population, size, seed, surveys, population.seen if seen else None)


def _shards(
    labels: Int32[np.ndarray, "n"],
    shard: int,
    population: Population,
    size: int,
    seed: int,
    surveys: tuple[Survey, ...],
    seen: Seen | None,
) -> Iterator[Dataset]:
    entropy = np.random.SeedSequence(seed).generate_state(2)
    for start in range(0, len(labels), shard):
        here = labels[start : start + shard]
        rows = np.arange(start, start + len(here), dtype=np.uint32)
        which = _observers(entropy, rows, len(surveys))
        telescopes = telescopes_of(surveys, which)
        if seen is None:
            truth, drawn = _truth(entropy, rows, here, population, telescopes), here
        else:
            truth, drawn = _seen_truth(entropy, rows, here, population, telescopes, seen)
        stamps = np.empty((len(here), size, size, len(surveys[0].bands)), np.uint8)
        for places, made in _stamps(entropy, rows, truth, size, surveys, telescopes):
            stamps[places] = made
        yield Dataset(
            stamps, here, population.classes, table=_table(truth, size, surveys, which, drawn, population.classes)
        )


def _observers(
    entropy: UInt32[np.ndarray, "2"], rows: UInt32[np.ndarray, "galaxies"], n: int
) -> Int[np.ndarray, "galaxies"]:
    """Draw the survey of each galaxy from the seed and the galaxy's number."""
    if n == 1:
        return np.zeros(len(rows), int)
    return np.random.default_rng(entropy).integers(n, size=int(rows[-1]) + 1)[rows]


@jax.jit
def _keys(
    entropy: UInt32[Array, "2"], rows: UInt32[Array, "galaxies"], use: Int[Array, ""] | int
) -> Key[Array, "galaxies"]:
    """Make a key for each galaxy from its number alone; each `use` has its own keys."""
    key = jax.random.fold_in(jax.random.wrap_key_data(entropy), use)
    return jax.vmap(jax.random.fold_in, (None, 0))(key, rows)


def _truth(
    entropy: UInt32[np.ndarray, "2"],
    rows: UInt32[np.ndarray, "galaxies"],
    labels: Int32[np.ndarray, "galaxies"],
    population: Population,
    telescopes: Telescopes,
    use: int = 0,
) -> Truth:
    """Draw the parameters of galaxies, lengths in units of r90; each `use` draws others."""
    parts = []
    for start in range(0, len(rows), DRAWN):
        # The last block is filled up with its last galaxy, so that there is one shape to compile.
        filled = np.minimum(np.arange(start, start + DRAWN), len(rows) - 1)
        keys = _keys(entropy, rows[filled], use)
        parts.append(
            jax.device_get(draw_parameters(keys, jax.device_put(labels[filled]), population, telescopes.taken(filled)))
        )
    return {name: np.concatenate([part[name] for part in parts])[: len(rows)] for name in COLUMNS}


def _seen_truth(
    entropy: UInt32[np.ndarray, "2"],
    rows: UInt32[np.ndarray, "galaxies"],
    labels: Int32[np.ndarray, "galaxies"],
    population: Population,
    telescopes: Telescopes,
    seen: Seen,
) -> tuple[Truth, Int32[np.ndarray, "galaxies"]]:
    """Draw the parameters of galaxies again until people see each as a member of its class; also return what it is."""
    truth = {name: np.empty(len(rows), np.float32) for name in COLUMNS}
    drawn = np.empty(len(rows), np.int32)
    missing = np.arange(len(rows))
    for attempt in range(ATTEMPTS):
        proposed, here = (
            _proposed(entropy, rows[missing], labels[missing], population, attempt),
            telescopes.taken(missing),
        )
        part = _truth(entropy, rows[missing], proposed, population, here, use=3 + 2 * attempt)
        right = seen(proposed, part) == labels[missing]
        for name, values in truth.items():
            values[missing[right]] = part[name][right]
        drawn[missing[right]] = proposed[right]
        missing = missing[~right]
        if len(missing) == 0:
            return truth, drawn
    classes = ", ".join(sorted({population.classes[label] for label in labels[missing]}))
    raise InvalidValueError(
        f"class_counts: expected classes that the surveys can show, but of {ATTEMPTS} galaxies none was seen as "
        f"{classes}; leave the class out, or give a survey of better resolution and less noise"
    )


def _proposed(
    entropy: UInt32[np.ndarray, "2"],
    rows: UInt32[np.ndarray, "galaxies"],
    wanted: Int32[np.ndarray, "galaxies"],
    population: Population,
    attempt: int,
) -> Int32[np.ndarray, "galaxies"]:
    """Draw what galaxies are: half of them what they should look like, the others anything in its usual share."""
    borders = np.cumsum(population.shares[:-1]) / np.sum(population.shares)
    filled = np.resize(rows, -(-len(rows) // DRAWN) * DRAWN)
    blocks = [_uniform(_keys(entropy, block, 2 + 2 * attempt)) for block in np.split(filled, len(filled) // DRAWN)]
    same, other = np.concatenate(blocks)[: len(rows)].T
    return np.where(same < 0.5, wanted, np.searchsorted(borders, other)).astype(np.int32)


@jax.jit
def _uniform(keys: Key[Array, "galaxies"]) -> Float32[Array, "galaxies 2"]:
    return jax.vmap(lambda key: jax.random.uniform(key, (2,)))(keys)


def _stamps(
    entropy: UInt32[np.ndarray, "2"],
    rows: UInt32[np.ndarray, "galaxies"],
    truth: Truth,
    size: int,
    surveys: tuple[Survey, ...],
    telescopes: Telescopes,
) -> Iterator[tuple[Int[np.ndarray, "block"], UInt8[np.ndarray, "block size size bands"]]]:
    """Yield stamps and their rows, in blocks of galaxies that are drawn with the same number of pixels."""
    native = np.asarray(native_size(truth["r90"], truth["frame"], telescopes))
    jpeg, plain = any(survey.jpeg for survey in surveys), all(map(is_plain, surveys))

    def observed(places: Int[np.ndarray, "block"], grid: int) -> UInt8[np.ndarray, "block size size bands"]:
        filled = np.resize(places, BLOCK)
        here = jax.device_put({name: values[filled] for name, values in truth.items()})
        made = observe(
            here,
            _keys(entropy, rows[filled], 1),
            telescopes=jax.device_put(telescopes.taken(filled)),
            size=size,
            grid=grid,
            jpeg=jpeg,
            plain=plain,
        )
        return np.asarray(made)[: len(places)]

    with ThreadPoolExecutor(WORKERS) as pool:
        for smallest, grid in zip((0, *GRIDS), GRIDS, strict=False):
            places = np.flatnonzero((native > smallest) & (native <= grid))
            blocks = [places[start : start + BLOCK] for start in range(0, len(places), BLOCK)]
            yield from zip(blocks, pool.map(partial(observed, grid=grid), blocks), strict=True)


def _default_counts(n: int, shares: Sequence[float]) -> Int[np.ndarray, "classes"]:
    """Divide `n` by the largest remainder; then each class without a galaxy takes one from the largest class."""
    share = n * np.array(shares) / sum(shares)
    counts = np.floor(share).astype(int)
    counts[np.argsort(counts - share, kind="stable")[: n - counts.sum()]] += 1
    if n >= len(counts):
        for empty in np.flatnonzero(counts == 0):
            counts[np.argmax(counts)] -= 1
            counts[empty] = 1
    return counts


def _checked_counts(
    n: int, class_counts: Mapping[str, int] | Sequence[int], classes: tuple[str, ...]
) -> Int[np.ndarray, "classes"]:
    known = ", ".join(classes)
    if isinstance(class_counts, Mapping):
        unknown = [name for name in class_counts if name not in classes]
        check(not unknown, f"class_counts: expected names among {known}, got {', '.join(map(repr, unknown))}")
        class_counts = [class_counts.get(name, 0) for name in classes]
    check(
        len(class_counts) == len(classes),
        f"class_counts: expected {len(classes)} counts ({known}), got {len(class_counts)}",
    )
    check(
        min(class_counts) >= 0 and sum(class_counts) == n,
        f"class_counts: expected counts of at least 0 that sum to n = {n}, got {list(class_counts)}",
    )
    return np.array(class_counts)


def _checked_surveys(survey: Survey | Sequence[Survey]) -> tuple[Survey, ...]:
    surveys = (survey,) if isinstance(survey, Survey) else tuple(survey)
    check(len(surveys) > 0, "survey: expected at least one, got none")
    bands = sorted({len(each.bands) for each in surveys})
    check(
        len(bands) == 1,
        f"survey: expected surveys with the same number of bands, got {', '.join(map(str, bands))}; give a survey of "
        "one band the same band three times, and noise_in_common=1",
    )
    return surveys


def _table(
    truth: Mapping[str, Float32[np.ndarray, "n"]],
    size: int,
    surveys: tuple[Survey, ...],
    which: Int[np.ndarray, "n"],
    drawn: Int32[np.ndarray, "n"],
    classes: tuple[str, ...],
) -> Table:
    """Make the table, with lengths in pixels of the stamp and positions from the centre of its first pixel."""
    table = Table()
    for name, parameter in COLUMNS.items():
        values = truth[name] * size / (FRAME * truth["frame"]) if parameter.unit == "pix" else truth[name]
        if name in ("x", "y"):
            values = values + (size - 1) / 2
        table[name] = Column(values.astype(np.float32), unit=parameter.unit or None, description=parameter.description)
    # As the loaders describe real pictures, so that a classifier knows the kind of its training images.
    bands = "red/green/blue" if len(surveys[0].bands) == 3 else ""
    table["bands"] = Column([bands] * len(table), dtype=str, description="names of the stamp's channels")
    table["linear"] = Column(
        np.zeros(len(table), bool), description="False: the stamps are pictures, already stretched"
    )
    names = np.array([survey.name for survey in surveys])
    table["survey"] = Column(names[which], description="name of the survey")
    table["drawn_class"] = Column(
        np.array(classes)[drawn], description="class that was drawn, whatever can be seen of it"
    )
    return table
