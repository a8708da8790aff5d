"""A browser without a window: what a page looks like, and what it complains about."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# The page in a frame of a given width, as a phone has one, which windows are not allowed to have.
_FRAME = """\
<!DOCTYPE html><body style="margin:0"><iframe src="{page}" style="border:0;width:{width}px;height:{height}px"></iframe>
<pre id="measured"></pre><script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument.documentElement;
  const pictures = [...page.querySelectorAll("img")];
  document.getElementById("measured").textContent = JSON.stringify({{
    "content": page.scrollWidth, "window": page.clientWidth, "height": page.scrollHeight,
    "broken": pictures.filter(each => !each.naturalWidth).length}});
}};
</script>"""


@dataclass(frozen=True)
class Seen:
    """Widths and height in pixels, the number of pictures that can't be shown, complaints, and what it looks like."""

    content: int
    window: int
    height: int
    broken: int
    complaints: list[str]
    pixels: np.ndarray


def look_at(page: Path, width: int, scratch: Path, height: int = 1200) -> Seen:
    """Open a page at a width in pixels."""
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        pytest.skip(f"needs one of {', '.join(_NAMES)}: apt-get install chromium")
    frame, picture = scratch / f"frame{width}.html", scratch / f"seen{width}.png"
    frame.write_text(_FRAME.format(page=page.as_uri(), width=width, height=height))
    command = [
        browser,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--enable-logging=stderr",
    ]
    command += [
        f"--user-data-dir={scratch / 'profile'}",
        "--allow-file-access-from-files",
        "--virtual-time-budget=9000",
    ]
    command += [f"--window-size={max(width, 500)},{height}"]

    def ask(what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, what, frame.as_uri()], capture_output=True, text=True, timeout=120, check=True)

    answer = ask("--dump-dom")
    measured = re.search(r'<pre id="measured">(.*?)</pre>', answer.stdout, re.DOTALL)
    assert measured, answer.stderr
    complaints = [line for line in answer.stderr.splitlines() if "CONSOLE" in line]
    ask(f"--screenshot={picture}")
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))[:, :width]
    return Seen(**json.loads(unescape(measured[1])), complaints=complaints, pixels=pixels)
