"""From NED to a classifier
=========================

What it shows: all steps. The script lists galaxies by class in NED, cleans the list, downloads their images, cuts them
to the same frame, splits them so that no sky is on both sides, trains a network on their types, and predicts some.

What it costs: two requests for each galaxy, one a second. NED asks you to write to its helpdesk before you download
images with a script (see *Images* in the documentation), so try it with ``--limit`` first::

    python examples/ned_walk.py --limit 20 --contact you@example.org

What to expect: few images, from many surveys. The example shows how the parts fit together. For a sound comparison use
homogeneous images (`galmorph.data.HipsImages`) and thousands of galaxies. Each step resumes where it was stopped.
"""

import argparse
from pathlib import Path

import galmorph as gm


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--classes", nargs="+", default=["E", "S0", "S0/a", "A", "AB", "B"], metavar="CLASS")
    parser.add_argument("--scheme", default="early-late", help="how types become classes")
    parser.add_argument(
        "--bands", nargs="+", default=["103aE"], metavar="BAND", help="bands of NED's images, best first"
    )
    parser.add_argument("--limit", type=int, help="rows of each class; all by default")
    parser.add_argument("--architecture", default="lenet5")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument(
        "--output", type=Path, default=Path("ned_walk"), help="folder for everything that is downloaded and made"
    )
    parser.add_argument("--contact", default="", help="your address, which NED sees")
    parser.add_argument(
        "--base-url", default="https://ned.ipac.caltech.edu", help="another server that answers like NED"
    )
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between two requests; NED asks for at least 1")
    return parser.parse_args()


def main() -> None:
    """Search, clean, fetch, build, split, train, evaluate, predict."""
    arguments = read_arguments()
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)

    transport = gm.data.HttpTransport(contact=arguments.contact, pace=arguments.pace)
    client = gm.data.NedClient(transport=transport, base_url=arguments.base_url, cache=output / "answers")
    found = client.search_many(arguments.classes, limit=arguments.limit)
    catalogue = gm.data.clean(found)
    print(f"{len(found)} objects, {len(catalogue)} of them galaxies; left out: {catalogue.meta['left_out']}")

    source = gm.data.NedImages(client=client, bands=arguments.bands)
    files = gm.data.fetch_images(catalogue, source, output / "images")
    print(f"{(files['state'] == 'done').sum()} images")

    dataset = gm.data.build_dataset(
        catalogue, output / "images", recipe=gm.preprocessing.Recipe(size=64, channels=1), scheme=arguments.scheme
    )
    print(dataset)
    train, validation, test = dataset.split((0.6, 0.2, 0.2), seed=0)
    print(gm.data.leak_report(train, validation, test))

    config = gm.training.TrainConfig(epochs=arguments.epochs, batch_size=arguments.batch_size)
    result = gm.training.train(arguments.architecture, train, validation=validation, config=config)
    print(gm.training.evaluate(result.classifier, test))
    result.classifier.save(output / "classifier.galmorph")

    some = [output / "images" / file for file in files["file"][files["state"] == "done"][:5]]
    print(result.classifier.predict(some))


if __name__ == "__main__":
    main()
