"""Realism of simulated galaxies: measures, distances, sheets of stamps, and classifiers that try to tell them apart.

    python benchmarks/realism.py --real DIR --output DIR [--discriminate] [--histograms] [--sheets] [--markdown]

Compares simulated stamps with one half of the labelled images of Galaxy Zoo 2 (by the parity of GalaxyID; use the even
half for calibration), class by class: medians and 68 % ranges of the measures of `_stamp_measures.py`, and the
Kolmogorov-Smirnov distance between the distributions (0: equal, 1: fully apart). With `--discriminate` it only prints
how well classifiers tell real from simulated galaxies: the area under the curve (0.5: not at all, 1: always) for each
group of measures, for those of the galaxy together (without sky, noise and power) and for all; and the measures with
the largest distances.

All output goes to one folder. Histograms may be published; sheets and kept stamps show images that must not be passed
on.
"""

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import _stamp_measures
import numpy as np
from _machine import describe, keep_compiled
from _real_galaxies import HALVES, real_galaxies
from _stamp_measures import GROUPS, MEASURES, measure
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from scipy.stats import ks_2samp
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, QuantileTransformer
from threadpoolctl import threadpool_limits

import galmorph as gm
from galmorph.simulation import simulate_galaxies

LEAST = 150  # simulated galaxies of a class, if there are fewer real ones
FOLDS = 4
MANY = 8  # more measures than this have too many products
GALAXY = ("light", "size", "shape", "texture", "colour")  # groups that don't depend on the survey
SCALE = 2  # pixels of a sheet for each of a stamp
GAP = 4
MARGIN = 80
BRIGHTER = 4  # brightness of the second sheet, which shows the sky

Measures = dict[str, np.ndarray]


def main() -> None:
    """Measure, compare, and print or draw as requested."""
    options = arguments()
    begin = time.perf_counter()
    real = real_galaxies(options.real, options.half, size=options.size, keep=options.output)
    classes = options.classes or list(real.classes)
    counts = {
        name: (options.per_class or max(count, LEAST)) if name in classes else 0
        for name, count in real.class_counts().items()
    }
    seconds = {"real": time.perf_counter() - begin}
    begin = time.perf_counter()
    simulated = simulate_galaxies(sum(counts.values()), size=options.size, seed=options.seed, class_counts=counts)
    seconds["simulated"] = time.perf_counter() - begin
    begin = time.perf_counter()
    measured = kept_measures(real, options), measure(simulated.stamps)
    seconds["measured"] = time.perf_counter() - begin
    pairs = {
        name: tuple(
            {each: part[each][galaxies.labels == real.classes.index(name)] for each in options.measures}
            for part, galaxies in zip(measured, (real, simulated), strict=True)
        )
        for name in classes
    }
    begin = time.perf_counter()
    if options.discriminate:
        with threadpool_limits(1):  # more threads make such small products slower
            print_verdict(pairs, options)
    else:
        print_tables(pairs, options)
    if options.histograms:
        for name, pair in pairs.items():
            draw_histograms(name, pair).savefig(options.output / f"histograms_{name}.png", dpi=80)
    if options.sheets:
        for name in classes:
            draw_sheets(name, real, simulated, options)
    seconds["compared"] = time.perf_counter() - begin
    print(f"\n{describe()}: " + ", ".join(f"{what} in {spent:.1f} s" for what, spent in seconds.items()))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--real", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--output", type=Path, required=True, help="folder for figures and kept stamps")
    parser.add_argument(
        "--half", choices=HALVES, default="even", help="half of the real galaxies; odd only for reports"
    )
    parser.add_argument("--size", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--classes", nargs="+", help="only these", choices=gm.data.GALAXY_ZOO_2_CLASSES)
    parser.add_argument("--measures", nargs="+", help="only these", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--per-class", type=int, help=f"simulated galaxies; by default as real, at least {LEAST}")
    parser.add_argument("--top", type=int, help="number of measures, with the largest distances first", metavar="N")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    parser.add_argument(
        "--discriminate", action="store_true", help="how well classifiers tell them apart, instead of tables"
    )
    parser.add_argument("--histograms", action="store_true", help="draw a figure of histograms for each class")
    parser.add_argument("--sheets", action="store_true", help="draw real and simulated stamps in alternating rows")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    keep_compiled(options.output / "compiled")
    return options


def kept_measures(real: gm.data.Dataset, options: argparse.Namespace) -> Measures:
    """Measures of the real galaxies, from the last run if nothing has changed."""
    code = hashlib.sha256(Path(_stamp_measures.__file__).read_bytes() + real.labels.tobytes()).hexdigest()[:12]
    path = options.output / f"measures-{options.half}-{options.size}-{code}.npz"
    if not path.exists():
        np.savez(path, **{name.replace("/", "|"): values for name, values in measure(real.stamps).items()})
    with np.load(path) as file:
        return {name.replace("|", "/"): file[name] for name in file.files}


# Numbers


def distance(real: np.ndarray, simulated: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of all finite values."""
    first, second = (values[np.isfinite(values)] for values in (real, simulated))
    return float(ks_2samp(first, second, method="asymp").statistic) if len(first) and len(second) else float("nan")


def print_tables(pairs: dict[str, tuple[Measures, Measures]], options: argparse.Namespace) -> None:
    """Print medians, ranges and distances for each class."""
    for name, (real, simulated) in pairs.items():
        rows = []
        for each in options.measures:
            apart = distance(real[each], simulated[each])
            texts = [_range(values[each]) for values in (real, simulated)]
            rows.append((apart, [each, *texts, f"{apart:.2f}", MEASURES[each]]))
        if options.top:
            rows = sorted(rows, key=lambda row: -np.nan_to_num(row[0]))[: options.top]
        numbers = [len(next(iter(part.values()))) for part in (real, simulated)]
        mean = np.nanmean([apart for apart, _ in rows])
        heading = f"{name}: {numbers[0]} real, {numbers[1]} simulated, mean distance {mean:.2f}"
        header = ["measure", "real", "simulated", "KS", "what"]
        _print_table(heading, [header, *(row for _, row in rows)], markdown=options.markdown)


def _range(values: np.ndarray) -> str:
    low, middle, high = np.nanpercentile(values, (16, 50, 84))
    digits = max(0, 2 - int(np.floor(np.log10(max(abs(low), abs(middle), abs(high), 1e-3)))))
    return f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _print_table(heading: str, rows: list[list[str]], *, markdown: bool) -> None:
    if markdown:
        print(f"\n### {heading.replace('_', ' ')}\n")
        print("| " + " | ".join(rows[0]) + " |")
        print("|" + "---|" * len(rows[0]))
        print("\n".join("| " + " | ".join(row) + " |" for row in rows[1:]))
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{heading}")
    for row in rows:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def print_verdict(pairs: dict[str, tuple[Measures, Measures]], options: argparse.Namespace) -> None:
    """Print how well classifiers tell real from simulated by each group of measures, and the largest distances."""
    groups = {group: [each for each in names if each in options.measures] for group, names in GROUPS.items()}
    groups = {group: names for group, names in groups.items() if names}
    galaxy = [each for group, names in groups.items() if group in GALAXY for each in names]
    rows = [["class", *groups, "galaxy", "all", "farthest apart: KS (simulated minus real median, in real sigma)"]]
    for name, (real, simulated) in pairs.items():
        areas = [tell_apart(real, simulated, names, seed=options.seed) for names in groups.values()]
        areas += [
            tell_apart(real, simulated, names, seed=options.seed) for names in (galaxy, options.measures) if names
        ]
        apart = {each: distance(real[each], simulated[each]) for each in options.measures}
        farthest = sorted(apart, key=lambda each: -np.nan_to_num(apart[each]))[: options.top or 6]
        told = ", ".join(f"{each} {apart[each]:.2f} ({_shift(real[each], simulated[each]):+.1f})" for each in farthest)
        rows.append([name, *(f"{area:.2f}" for area in areas), told])
    _print_table("Told apart (area under the curve; 0.5: not at all)", rows, markdown=options.markdown)


def _shift(real: np.ndarray, simulated: np.ndarray) -> float:
    low, middle, high = np.nanpercentile(real, (16, 50, 84))
    return float((np.nanmedian(simulated) - middle) / max((high - low) / 2, 1e-6))


def tell_apart(real: Measures, simulated: Measures, names: Sequence[str], *, seed: int) -> float:
    """Area under the curve of a classifier that tells simulated from real by some measures, cross-validated.

    A few measures become normal scores, and enter a logistic regression with their squares and products, so that
    medians, scatters and correlations count. Many measures enter randomised trees.
    """
    values = np.concatenate([np.stack([part[each] for each in names], axis=1) for part in (real, simulated)])
    truth = np.repeat([0, 1], [len(part[names[0]]) for part in (real, simulated)])
    classifier = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        QuantileTransformer(n_quantiles=min(100, len(truth) // 2), output_distribution="normal"),
        PolynomialFeatures(2, include_bias=False),
        LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000),
    )
    if len(names) > MANY:
        trees = ExtraTreesClassifier(60, min_samples_leaf=3, class_weight="balanced", random_state=seed)
        classifier = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), trees)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    answers = cross_val_predict(classifier, values, truth, cv=folds, method="predict_proba")
    return float(roc_auc_score(truth, answers[:, 1]))


# Pictures


def draw_histograms(name: str, pair: tuple[Measures, Measures]) -> Figure:
    """Distributions of all measures, real as areas and simulated as lines."""
    real, simulated = pair
    columns = 7
    rows = -(-len(real) // columns)
    figure = Figure(figsize=(2.1 * columns, 1.6 * rows + 0.4), layout="constrained")
    figure.suptitle(f"{name.replace('_', ' ')}: real (grey) and simulated (red), with the Kolmogorov-Smirnov distance")
    for axes, each in zip(figure.subplots(rows, columns, squeeze=False).flat, real, strict=False):
        both = np.concatenate([real[each], simulated[each]])
        low, high = np.nanpercentile(both, (1, 99))
        bins = np.linspace(low, high if high > low else low + 1, 25)
        axes.hist(np.clip(real[each], *bins[[0, -1]]), bins, density=True, color="0.7")
        axes.hist(np.clip(simulated[each], *bins[[0, -1]]), bins, density=True, histtype="step", color="tab:red")
        axes.set_title(f"{each}  {distance(real[each], simulated[each]):.2f}", fontsize=8)
        axes.set_yticks([])
        axes.tick_params(labelsize=6)
    for axes in figure.axes[len(real) :]:
        axes.set_axis_off()
    return figure


def draw_sheets(name: str, real: gm.data.Dataset, simulated: gm.data.Dataset, options: argparse.Namespace) -> None:
    """Write a sheet of alternating rows, and another one with a brighter sky."""
    rng = np.random.default_rng(options.seed)
    label, columns, pairs = real.classes.index(name), 10, 4
    parts = []
    for galaxies in (real, simulated):
        rows = rng.permutation(np.flatnonzero(galaxies.labels == label))
        parts.append(np.resize(rows, (pairs, columns)) if len(rows) else None)
    sides = [("real", real, parts[0]), ("simulated", simulated, parts[1])]
    for kind, gain in (("sheet", 1), ("sheet_sky", BRIGHTER)):
        step = SCALE * options.size + GAP
        sheet = Image.new("RGB", (MARGIN + columns * step, 2 * pairs * step), (40, 40, 40))
        draw = ImageDraw.Draw(sheet)
        for row in range(2 * pairs):
            source, galaxies, chosen = sides[row % 2]
            draw.text((GAP, row * step + step // 2), source, fill=(255, 200, 80) if row % 2 else (255, 255, 255))
            for column, index in enumerate(chosen[row // 2]):
                stamp = np.minimum(np.asarray(galaxies.stamps[index], np.int32) * gain, 255).astype(np.uint8)
                tile = Image.fromarray(stamp).resize((SCALE * options.size,) * 2, Image.Resampling.BICUBIC)
                sheet.paste(tile, (MARGIN + column * step, row * step))
        sheet.save(options.output / f"{kind}_{name}.png")


if __name__ == "__main__":
    main()
