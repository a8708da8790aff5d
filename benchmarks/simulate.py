"""Number of galaxies that are simulated in a second.

    python benchmarks/simulate.py [--galaxies 4096] [--size 80] [--scheme galaxy-zoo-2]

The first call compiles and is timed separately. The result is the median of the other calls, each with its own seed.
"""

import argparse
import time

import numpy as np
from _machine import describe

from galmorph.simulation import simulate_galaxies


def main() -> None:
    """Time some calls."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--galaxies", type=int, default=4096, help="number of galaxies in each call")
    parser.add_argument("--size", type=int, default=80, help="side of a stamp")
    parser.add_argument("--scheme", default="galaxy-zoo-2")
    parser.add_argument("--calls", type=int, default=7)
    options = parser.parse_args()
    print(describe())
    seconds = []
    for seed in range(options.calls + 1):
        begin = time.perf_counter()
        simulate_galaxies(options.galaxies, scheme=options.scheme, size=options.size, seed=seed)
        seconds.append(time.perf_counter() - begin)
    first, *others = seconds
    rates = options.galaxies / np.array(others)
    print(
        f"{options.scheme}, {options.size} x {options.size} x 3: {np.median(rates):.0f} galaxies a second "
        f"({rates.min():.0f} to {rates.max():.0f} over {len(rates)} calls); the first call took {first:.1f} s"
    )


if __name__ == "__main__":
    main()
