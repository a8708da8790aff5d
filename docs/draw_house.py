"""Draw the house: every room, folder and module of galmorph, on the floors that import-linter checks.

The documentation build calls `write_house`; ``python docs/draw_house.py`` does the same by hand. The floors come from
the contracts in ``pyproject.toml``, the names from the files, and the descriptions from the first lines of their
docstrings, so the picture can't be out of date.
"""

import ast
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "src" / "galmorph"
TARGET = DOCS / "api" / "generated"

WIDTH, COLUMN = 1100, 150  # pixels: the whole picture, a column of module names
LINE, TITLE, PAD, GAP = 15, 20, 8, 8  # pixels: a line of text, a heading, inside of a box, between boxes
COLOURS = ("#fdf3e7", "#e8f1fa", "#edf7ed", "#f6eef8", "#fff8d6", "#f2f2f2")


@dataclass(frozen=True)
class Box:
    """A room, a folder or a file: its name, what it is for, and the rows of boxes inside of it, top floor first."""

    name: str
    summary: str
    rows: "tuple[tuple[Box, ...], ...]" = ()

    @property
    def folders(self) -> bool:
        """Whether it holds folders, and not modules alone."""
        return any(box.rows for row in self.rows for box in row)

    @property
    def weight(self) -> float:
        """How much of the width it asks for beside others: the folders of its widest row."""
        folders = [sum(bool(box.rows) for box in row) for row in self.rows]
        return max([1.5, *folders]) if self.name.startswith("galmorph") else 1.0


def summary_of(path: Path) -> str:
    """First line of the docstring of a module, without its markup."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].replace("`", "")


def module_boxes(folder: Path) -> tuple[Box, ...]:
    """One box for each module of a folder, by name."""
    return tuple(Box(path.name, summary_of(path)) for path in sorted(folder.glob("*.py")) if path.stem != "__init__")


def contracts() -> dict[str, list[list[str]]]:
    """Layers of each contract of import-linter, top first, by the package that they are about."""
    tables = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found = {}
    for table in tables:
        if table["type"] == "layers":
            package = table.get("containers", ["galmorph"])[0]
            found[package] = [[name.strip() for name in layer.split("|")] for layer in table["layers"]]
    return found


def room_box(name: str, layers: dict[str, list[list[str]]]) -> Box:
    """Read a room from its folder: its folders and modules in the order of its contract, where it has one."""
    folder = PACKAGE / name
    rows = []
    for layer in layers.get(f"galmorph.{name}", []):
        inside = []
        for part in layer:
            path = folder / part
            if path.is_dir():
                inside.append(Box(f"{part}/", summary_of(path / "__init__.py"), (module_boxes(path),)))
            else:
                inside.append(Box(f"{part}.py", summary_of(path.with_suffix(".py"))))
        rows.append(tuple(inside))
    return Box(f"galmorph.{name}", summary_of(folder / "__init__.py"), tuple(rows) or (module_boxes(folder),))


def house() -> list[list[Box]]:
    """All rooms, floor by floor from the top."""
    layers = contracts()
    floors = []
    for layer in layers["galmorph"]:
        names = [name.removeprefix("galmorph.") for name in layer]
        floors.append(
            [
                room_box(name, layers)
                if (PACKAGE / name).is_dir()
                else Box(f"galmorph.{name}", summary_of(PACKAGE / f"{name}.py"))
                for name in names
            ]
        )
    return floors


def draw(box: Box, x: float, y: float, width: float, colour: str) -> tuple[list[str], float]:
    """Draw a box, and all that is inside of it, from its upper left corner; return the SVG and its height."""
    tip = f"<title>{escape(box.summary)}</title>"
    at, inside = y + TITLE, []
    for row in box.rows:
        modules = [each for each in row if not each.rows]
        folders = [each for each in row if each.rows]
        if modules:
            columns = max(1, int((width - 2 * PAD) // COLUMN))
            lines = -(-len(modules) // columns)
            for number, module in enumerate(modules):
                column, line = divmod(number, lines)
                left, base = x + PAD + COLUMN * column, at + LINE * line + 10
                inside.append(
                    f'<text x="{left:.0f}" y="{base:.0f}" class="module">{escape(module.name)}'
                    f"<title>{escape(module.summary)}</title></text>"
                )
            at += LINE * lines + (2 if folders else 0)
        if folders:
            room, left, tallest = width - 2 * PAD - GAP * (len(folders) - 1), x + PAD, 0.0
            for folder in folders:
                wide = room * folder.weight / sum(each.weight for each in folders)
                drawn, tall = draw(folder, left, at, wide, "#ffffff")
                inside += drawn
                left, tallest = left + wide + GAP, max(tallest, tall)
            at += tallest + GAP
    height = at - y + 4
    frame = (
        f'<g><rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="5" fill="{colour}"/>{tip}'
        f'<text x="{x + PAD:.0f}" y="{y + 14:.0f}" class="title">{escape(box.name)}</text></g>'
    )
    return [frame, *inside], height


def picture(floors: list[list[Box]]) -> str:
    """Draw the whole house as SVG."""
    parts, y = [], float(GAP)
    for number, floor in enumerate(floors):
        room, x, tallest = WIDTH - GAP * (len(floor) + 1), float(GAP), 0.0
        for box in floor:
            width = room * box.weight / sum(each.weight for each in floor)
            drawn, tall = draw(box, x, y, width, COLOURS[number % len(COLOURS)])
            parts += drawn
            x, tallest = x + width + GAP, max(tallest, tall)
        y += tallest + GAP
    style = (
        "rect{stroke:#8a8a8a;stroke-width:.7} text{font-family:ui-monospace,Menlo,Consolas,monospace;fill:#222}"
        ".title{font-size:12px;font-weight:bold} .module{font-size:11px}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" role="img">'
        f'<title>The rooms of galmorph</title><style>{style}</style><rect width="{WIDTH}" height="{y:.0f}" '
        f'fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def index(floors: list[list[Box]]) -> str:
    """Every module with what it does, as Markdown."""

    def lines(box: Box, depth: int) -> list[str]:
        found = [f"{'  ' * depth}- `{box.name}`{': ' + box.summary if box.summary else ''}"]
        for row in box.rows:
            for inner in row:
                found += lines(inner, depth + 1)
        return found

    return "\n".join(line for floor in floors for box in floor for line in lines(box, 0)) + "\n"


def write_house(target: Path = TARGET) -> None:
    """Write ``house.svg`` and ``house.md``."""
    floors = house()
    target.mkdir(parents=True, exist_ok=True)
    (target / "house.svg").write_text(picture(floors), encoding="utf-8")
    (target / "house.md").write_text(index(floors), encoding="utf-8")


if __name__ == "__main__":
    write_house()
