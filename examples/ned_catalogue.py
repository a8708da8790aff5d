"""All galaxies of a class in NED
==============================

What it shows: how to list every galaxy that NED has in some classes, one row for each galaxy, with its published type,
position and redshift. It writes two files: a CSV table with one row for each galaxy and class (Name, Redshift,
Classification, Requested), and an ECSV table with everything that NED sent.

What it costs: one request a second and a hundred rows a request, as NED asks. The classes E, S0, S0/a, A, AB and B take
about 340 requests, or six minutes. Pages are kept: if the run is stopped, the next one requests only the rest::

    python examples/ned_catalogue.py --dry-run
    python examples/ned_catalogue.py --classes E S0 S0/a A AB B --contact you@example.org --output NED_list.csv

What to expect: a galaxy that two classes list has two rows in the CSV table and one in the ECSV table. The class that
lists a galaxy is not its type: a third of the galaxies listed as S0 have another type.
"""

import argparse
from pathlib import Path

from astropy.table import Table

import galmorph as gm


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--classes", nargs="+", default=["E", "S0", "S0/a", "A", "AB", "B"], metavar="CLASS")
    parser.add_argument("--output", type=Path, default=Path("NED_list.csv"), help="the CSV table to write")
    parser.add_argument("--limit", type=int, help="rows of each class, to try it out; all by default")
    parser.add_argument("--cache", type=Path, default=Path("ned_pages"), help="folder in which pages are kept")
    parser.add_argument("--contact", default="", help="your address, which NED sees")
    parser.add_argument("--dry-run", action="store_true", help="say how many requests it takes, and stop")
    parser.add_argument(
        "--base-url", default="https://ned.ipac.caltech.edu", help="another server that answers like NED"
    )
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between two requests; NED asks for at least 1")
    return parser.parse_args()


def by_request(catalogue: Table) -> Table:
    """Make the table with one row for each galaxy and each class that lists it."""
    types = [row["morphology"] or row["legacy_type"] for row in catalogue]
    rows = [
        (row["name"], row["redshift"], type_, requested)
        for row, type_ in zip(catalogue, types, strict=True)
        for requested in row["requested"].split(";")
    ]
    return Table(rows=rows, names=("Name", "Redshift", "Classification", "Requested"))


def main() -> None:
    """Search, and write the tables."""
    arguments = read_arguments()
    transport = gm.data.HttpTransport(contact=arguments.contact, pace=arguments.pace)
    client = gm.data.NedClient(transport=transport, base_url=arguments.base_url, cache=arguments.cache)
    if arguments.dry_run:
        print(client.plan_search_many(arguments.classes, limit=arguments.limit))
        return
    found = client.search_many(arguments.classes, limit=arguments.limit)
    by_request(found).write(arguments.output, format="ascii.csv", overwrite=True)
    richer = arguments.output.with_suffix(".ecsv")
    found.write(richer, format="ascii.ecsv", overwrite=True)
    print(f"{len(found)} galaxies in {arguments.output} and {richer}")


if __name__ == "__main__":
    main()
