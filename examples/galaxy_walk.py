"""From a catalogue to a verdict
=============================

What it shows: all steps. The script gets a catalogue of galaxies with types, keeps those that have a class, fetches an
image of each, makes a data set, splits it so that no sky is on both sides, trains networks, and says how good they are.

The catalogue comes from RC3 or HyperLEDA at CDS, from NED's lists of classes, or from a table of your own with names
and, if you like, types, whose positions and diameters NED or SIMBAD gives. Of several sources, the first that has a
type decides or, with ``--label agreement``, all must agree on it::

    python examples/galaxy_walk.py --source rc3 --where "BT < 13" --limit 200 --contact you@example.org
    python examples/galaxy_walk.py --source hyperleda --where "logD25 >= 1.3" --limit 200 --contact you@example.org
    python examples/galaxy_walk.py --source rc3 hyperleda --where "" "logD25 >= 1.3" --label agreement --limit 200
    python examples/galaxy_walk.py --source ned --classes E S0 A B --limit 100 --images ned --contact you@example.org
    python examples/galaxy_walk.py --source my.csv --contact you@example.org

What it costs: one request a second; add ``--dry-run`` to see how many the catalogue takes. Each galaxy takes one
request for its image, and one more for its name (``my.csv``) or its list of images (``--images ned``). NED asks you to
write to its helpdesk before you download images with a script.

What to expect: each step resumes where it was stopped, and asks for nothing twice. With ``--images hips``, all images
come from one survey. Those that NED has are from many, and their frames may reveal the type: such a result shows how
the parts fit together, no more. A few hundred galaxies give wide intervals.
"""

import argparse
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Table

import galmorph as gm

AT_CDS = ("rc3", "hyperleda")


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add(
        "--source",
        nargs="+",
        default=["rc3"],
        help="rc3, hyperleda, ned, or a table of names (.csv, .ecsv, .vot, .txt)",
    )
    add("--where", nargs="+", default=[], metavar="ADQL", help="condition for the rows of each source at CDS, in order")
    add(
        "--label", choices=("priority", "agreement"), default="priority", help="which of several sources gives the type"
    )
    add("--classes", nargs="+", default=["E", "S0", "S0/a", "A", "AB", "B"], metavar="CLASS", help="lists of NED")
    add("--names", choices=("ned", "simbad"), default="ned", help="who gives the positions of a table of names")
    add("--scheme", default="early-late", help="how types become classes")
    add("--limit", type=int, help="galaxies of each class, and rows of each of NED's lists; all if missing")
    add("--images", choices=("hips", "ned"), default="hips", help="one survey, or what NED has")
    add("--survey", default="CDS/P/DSS2/red", help="survey of the images, if from one")
    add("--field", type=field, default=3.0, help="width of these images in diameters, or an angle such as 5arcmin")
    add("--bands", nargs="+", default=["103aE"], metavar="BAND", help="bands of NED's images, best first")
    add("--architectures", nargs="+", default=["lenet5"], metavar="NAME")
    add("--epochs", type=int, default=10)
    add("--batch-size", type=int, default=32)
    add("--output", type=Path, default=Path("galaxy_walk"), help="folder for everything that is fetched and made")
    add("--contact", default="", help="your address, which the services see")
    add("--pace", type=float, default=1.0, help="seconds between two requests; NED asks for at least 1")
    add("--retry-failed", action="store_true", help="try again the images that failed")
    add("--dry-run", action="store_true", help="say how many requests the catalogue takes, and stop")
    add("--server", help="a server that answers like all of these services, for tests")
    return parser.parse_args()


def field(text: str) -> float | u.Quantity:
    """Read an angle, or a number of diameters."""
    quantity = u.Quantity(text)
    return quantity.value if quantity.unit.is_equivalent(u.dimensionless_unscaled) else quantity


class Services:
    """The services that the walk asks, over one transport and with one cache."""

    def __init__(self, arguments: argparse.Namespace, transport: gm.data.Transport) -> None:
        self.arguments = arguments
        self.transport = transport
        self.cache = arguments.output / "answers"
        server = arguments.server
        self.at_cds = {} if server is None else {"service": f"{server}/TAPVizieR/tap/sync"}
        self.cut_outs = {} if server is None else {"service": f"{server}/hips-image-services/hips2fits"}
        at_ned = {} if server is None else {"base_url": server}
        self.ned = gm.data.NedClient(transport=self.transport, cache=self.cache, **at_ned)
        at_simbad = {} if server is None else {"service": f"{server}/simbad/sim-tap/sync"}
        simbad = gm.data.SimbadClient(transport=self.transport, cache=self.cache, **at_simbad)
        self.names = simbad if arguments.names == "simbad" else self.ned

    def catalogues(self) -> dict[str, gm.data.CatalogueSource | None]:
        """Make the sources of galaxies; a list of the user's own has none."""
        arguments = self.arguments
        at_cds = [source for source in arguments.source if source in AT_CDS]
        conditions = dict(zip(at_cds, arguments.where, strict=False))
        found = {}
        for source in arguments.source:
            found[source] = None
            if source in AT_CDS:
                options = {"where": conditions.get(source) or None, "transport": self.transport, "cache": self.cache}
                found[source] = gm.data.CdsCatalogue(source, **options, **self.at_cds)
            elif source == "ned":
                found[source] = gm.data.NedCatalogue(arguments.classes, client=self.ned, limit=arguments.limit)
        return found

    def images(self) -> gm.data.ImageSource:
        """Make the source of images."""
        arguments = self.arguments
        if arguments.images == "ned":
            return gm.data.NedImages(client=self.ned, bands=arguments.bands)
        options = {"survey": arguments.survey, "field": arguments.field, "transport": self.transport}
        return gm.data.HipsImages(**options, **self.cut_outs)


def find_galaxies(services: Services) -> Table:
    """Get the catalogues, keep one row for each galaxy, and combine them if there are several."""
    tables = [
        gm.data.clean(gm.data.resolve(name, services.names), object_types=None)
        if source is None
        else gm.data.clean(source.fetch())
        for name, source in services.catalogues().items()
    ]
    return tables[0] if len(tables) == 1 else gm.data.combine(tables, rule=services.arguments.label)


def with_class(catalogue: Table, *, scheme: str, limit: int | None) -> Table:
    """Keep the galaxies whose type has a class, and of each class as many as asked for, drawn at random."""
    labels, left_out = gm.data.get_scheme(scheme).label(catalogue["morphology"])
    print(f"{(labels >= 0).sum()} of {len(catalogue)} galaxies have a class; the others: {dict(left_out)}")
    order = np.random.default_rng(0).permutation(len(catalogue))
    rows = [order[labels[order] == label][:limit] for label in range(labels.max() + 1)]
    return catalogue[np.sort(np.concatenate(rows))] if rows else catalogue[:0]


def frame_radius(catalogue: Table, arguments: argparse.Namespace) -> u.Quantity:
    """Give half the width of each image, within which galaxies count as shown."""
    if arguments.images == "ned":
        return 300 * u.arcsec
    if isinstance(arguments.field, u.Quantity):
        return arguments.field / 2
    return arguments.field / 2 * u.Quantity(np.ma.filled(catalogue["major_axis_arcmin"].astype(float), 0.0), u.arcmin)


def main() -> None:
    """Find, fetch, build, split, train, judge."""
    arguments = read_arguments()
    services = Services(arguments, gm.data.HttpTransport(contact=arguments.contact, pace=arguments.pace))
    if arguments.dry_run:
        for name, source in services.catalogues().items():
            print(gm.data.plan_resolve(name, services.names) if source is None else source.plan())
        return
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)

    found = find_galaxies(services)
    print(f"{len(found)} galaxies from {' and '.join(arguments.source)}; left out: {found.meta['left_out']}")
    catalogue = with_class(found, scheme=arguments.scheme, limit=arguments.limit)
    catalogue.write(output / "catalogue.ecsv", overwrite=True)

    images = services.images()
    print(gm.data.plan_fetch(catalogue, images, output / "images", retry_failed=arguments.retry_failed))
    files = gm.data.fetch_images(catalogue, images, output / "images", retry_failed=arguments.retry_failed)
    print(f"{(files['state'] == 'done').sum()} images")

    galaxies = gm.data.build_dataset(
        catalogue,
        output / "images",
        recipe=gm.preprocessing.Recipe(size=64, channels=1),
        scheme=arguments.scheme,
        radius=frame_radius(catalogue, arguments),
        shards=output / "stamps",
    )
    print(galaxies)

    config = gm.training.TrainConfig(epochs=arguments.epochs, batch_size=arguments.batch_size)
    plan = gm.comparison.ComparisonPlan(architectures=tuple(arguments.architectures), config=config)
    train, validation, test = plan.splits(galaxies)[0, 0].apply(galaxies)
    print(gm.data.leak_report(train, validation, test))

    comparison = gm.comparison.compare(plan, galaxies, folder=output / "comparison")
    print(comparison)


if __name__ == "__main__":
    main()
