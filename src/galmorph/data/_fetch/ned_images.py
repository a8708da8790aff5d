"""Image source that chooses among the files that NED lists, by one rule for the whole data set."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy.table import Row, Table

from galmorph._checks import check, check_choice, check_positive_int
from galmorph._warnings import warn
from galmorph.data._fetch.image_source import Candidate, Target
from galmorph.data._ned.client import NedClient
from galmorph.data._ned.guidelines import check_length
from galmorph.data._ned.image_list import file_name
from galmorph.data._web.gone import is_gone
from galmorph.data._web.request import Request, host_of
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import IncompleteWarning, ServiceError, UnsuitableImageError

__all__ = ["NedImages"]

_SIA = "services/sia"  # as NedClient remembers it
# Names of narrow-band filters: a line (H-alpha, [O III], HI), its wavelength in angstrom, or "narrow".
_NARROW = re.compile(
    r"narrow|\bh[_ -]?(?:alpha|beta)|\bha\b|\[?\b(?:o|n|s|he|fe|ne|ca)[_ ]?i{1,3}\b\]?|\bhi\b|6563|6548|6584|5007|4861",
    re.IGNORECASE,
)


class NedImages:
    """Files that NED lists for a galaxy, chosen by the same rule for all galaxies.

    A file is a candidate if all of this holds:

    - it is a FITS image, not a spectrum or a cube (NED's spectra have ``:S:`` in their name);
    - its band is one of `bands` and not a narrow band, and its survey is one of `surveys`, if these are given;
    - its wavelength is within `wavelengths`, which excludes X-rays, far infrared and radio;
    - its field, in diameters of the galaxy, is within `field`; if the diameter is unknown, its field in arcmin is
      within `field_arcmin`.

    A file that is listed without band or field is not a candidate. Candidates are ordered by survey, then by band, then
    by how near their field is to the middle of the range.

    NED has two lists: that of its image service ("sia"), and the older page of its archive ("page"), which also holds
    images without standard coordinates, such as plates of the DSS. The rule is the same for both.

    **NED asks you to write to its helpdesk before you download images with a script**
    (https://ned.ipac.caltech.edu/help/contact): say how many galaxies, and when.

    **Do not train on NED's files as they are.** Their field of view reveals the class (in NED's plates of bright
    galaxies, three diameters or more for ellipticals, less than two for spirals), and so does the mixture of surveys.
    Cut them to a multiple of the galaxy's diameter or to a fixed angle, and use one band of one survey. Better, use
    `HipsImages`.

    Parameters
    ----------
    client
        Gets the lists; its transport downloads the files.
    route
        "sia" or "page". By default the image service is asked first, and the page about galaxies of which the service
        has no suitable image, or if the service is gone. A folder that an earlier version filled needs "page".
    bands
        Names of bands, the best first, as NED writes them (``103aE`` is the red plate of the first Palomar survey;
        ``r`` and ``R`` differ). With more than one, a data set mixes kinds of images.
    surveys
        Texts, the best first, such as ``DSS`` or ``2MASS``. One of them must occur in the publication's code, the
        telescope, or the name of the file, in small or capital letters. If empty, every survey is accepted.
    field
        Smallest and largest field, as multiples of the galaxy's diameter (column ``major_axis_arcmin``).
    field_arcmin
        The same in arcmin, for galaxies without a diameter.
    wavelengths
        Shortest and longest wavelength in metres. Files that are listed without one are judged by their band alone.
    hosts
        Hosts from which files are accepted, besides NED's own (those of the client's `base_url` and `images_url`).
    max_candidates
        Largest number of files that are tried for a galaxy.
    max_bytes
        Largest file that is accepted, in bytes, as transferred and unpacked from its Content-Encoding.

    Raises
    ------
    InvalidValueError
        If an option has a wrong value.

    Examples
    --------
    >>> from galmorph.data import NedClient, NedImages
    >>> source = NedImages(client=NedClient(), bands=("103aE",), surveys=("DSS",))
    >>> source
    NedImages(bands 103aE, surveys DSS, field 1.2 to 8 diameters)
    """

    def __init__(
        self,
        *,
        client: NedClient,
        route: str | None = None,
        bands: Sequence[str] = ("103aE",),
        surveys: Sequence[str] = (),
        field: tuple[float, float] = (1.2, 8.0),
        field_arcmin: tuple[float, float] = (1.0, 60.0),
        wavelengths: tuple[float, float] = (3e-7, 2.5e-6),
        hosts: Sequence[str] = (),
        max_candidates: int = 5,
        max_bytes: int = 64 << 20,
    ) -> None:
        for name, texts in (("bands", bands), ("surveys", surveys), ("hosts", hosts)):
            check(
                not isinstance(texts, str), f"{name}: expected several texts, got one ({texts!r}); put it into a list"
            )
        check(bool(bands) and all(bands), f"bands: expected at least one name of a band, got {bands!r}")
        check(all(surveys), f"surveys: expected texts that are not empty, got {surveys!r}")
        for name, (low, high) in (("field", field), ("field_arcmin", field_arcmin), ("wavelengths", wavelengths)):
            check(0 <= low < high, f"{name}: expected a smaller and a larger number from 0, got {(low, high)!r}")
        if route is not None:
            check_choice("route", route, ("sia", "page"))
        check_positive_int("max_candidates", max_candidates)
        check_positive_int("max_bytes", max_bytes)
        self.client = client
        self.routes = ("sia", "page") if route is None else (route,)
        self.bands = tuple(bands)
        self.surveys = tuple(surveys)
        self.field = (float(field[0]), float(field[1]))
        self.field_arcmin = (float(field_arcmin[0]), float(field_arcmin[1]))
        self.wavelengths = (float(wavelengths[0]), float(wavelengths[1]))
        self.hosts = frozenset(
            {host.lower() for host in hosts} | {host_of(client.base_url), host_of(client.images_url)}
        )
        self.max_candidates = max_candidates
        self.max_bytes = max_bytes

    def candidates(self, galaxy: Target) -> list[Candidate]:
        """Request NED's lists and return the files that follow the rule, the best first.

        Raises
        ------
        ServiceError
            If NED does not send its list, or does not know the galaxy.
        UnsuitableImageError
            If no file in the lists follows the rule; the message counts the reasons.

        Warns
        -----
        IncompleteWarning
            If NED's image service is gone, and the page was asked instead.
        """
        reasons = []
        for route in self.routes:
            images = self._list(galaxy.name, route)
            if images is None:
                continue
            found, refused = self._found(images, galaxy)
            if found:
                return found
            counts = ", ".join(f"{reason} {count}" for reason, count in refused.most_common())
            where = f" by its {'image service' if route == 'sia' else 'page'}" if len(self.routes) > 1 else ""
            reasons.append(f"{len(images)} images{where}, none of them suitable{counts and ': ' + counts}")
        raise UnsuitableImageError(f"{galaxy.name}: NED lists {'; '.join(reasons)}")

    def _list(self, name: str, route: str) -> Table | None:
        """NED's list on one route; None if its service is gone and the other route remains."""
        last = route == self.routes[-1]
        if not last and _SIA in self.client.gone_services:
            return None
        try:
            return self.client.images(name, route=route)
        except ServiceError as error:
            if last or not is_gone(error):
                raise
            self.client.gone_services.add(_SIA)
            warn(f"NED's image service is gone ({error}); its page is asked instead for an hour", IncompleteWarning)
            return None

    def _found(self, images: Table, galaxy: Target) -> tuple[list[Candidate], Counter[str]]:
        """Files of a list that follow the rule, and the number of others for each reason."""
        found: list[tuple[tuple[int, int, float, str], Row]] = []
        refused: Counter[str] = Counter()
        for image in images:
            verdict = self._judge(image, galaxy)
            if isinstance(verdict, str):
                refused[verdict] += 1
            else:
                found.append(((*verdict, str(image["url"])), image))
        found.sort(key=lambda pair: pair[0])
        what = {str(image["url"]): f"{image['band']}, {image['telescope']}" for _, image in found}
        urls = list(dict.fromkeys(str(image["url"]) for _, image in found))[: self.max_candidates]
        return [Candidate(request=Request(url=url, max_bytes=self.max_bytes), what=what[url]) for url in urls], refused

    def _judge(self, image: Row, galaxy: Target) -> tuple[int, int, float] | str:
        """Rank of an image by survey, band and field; or the reason why it is not a candidate."""
        url = str(image["url"])
        name = file_name(url)
        band = str(image["band"]).strip()
        if str(image["format"]) != "FITS":
            return "not FITS"
        product = str(image["product"])
        if ":S:" in name or product == "spectrum":
            return "spectrum"
        if product not in ("image", ""):
            return f"not an image ({product[:20]})"
        if host_of(url) not in self.hosts:
            return "on another host"
        if _NARROW.search(band):
            return "narrow band"
        wavelength = _positive(image["wavelength"])
        if wavelength is not None and not self.wavelengths[0] <= wavelength <= self.wavelengths[1]:
            return "other wavelength"
        if band not in self.bands:
            return "other band"
        survey = self._survey(f"{image['refcode']}\n{image['telescope']}\n{name}")
        if survey is None:
            return "other survey"
        width, height = _positive(image["width_arcmin"]), _positive(image["height_arcmin"])
        if width is None or height is None:
            return "field unknown"
        unit = 1.0 if galaxy.diameter is None else galaxy.diameter / 60
        low, high = self.field_arcmin if galaxy.diameter is None else self.field
        if min(width, height) < low * unit:
            return "field too small"
        if max(width, height) > high * unit:
            return "field too large"
        middle = math.sqrt(max(low, 1e-3) * high) * unit
        return survey, self.bands.index(band), round(abs(math.log(math.sqrt(width * height) / middle)), 6)

    def _survey(self, text: str) -> int | None:
        if not self.surveys:
            return 0
        text = text.casefold()
        return next((rank for rank, survey in enumerate(self.surveys) if survey.casefold() in text), None)

    def fetch(self, candidate: Candidate) -> bytes:
        """Download the content of a file; raise `galmorph.errors.TransportError` if it does not arrive."""
        return self.client.transport.get(candidate.request).content

    def describe(self) -> dict[str, Any]:
        """All options that decide which files are chosen."""
        # Without the key for the page, as earlier versions described it, so that their folders can be continued.
        routes = {} if self.routes == ("page",) else {"routes": list(self.routes)}
        return {
            "source": "NED",
            **routes,
            "bands": list(self.bands),
            "surveys": list(self.surveys),
            "field": list(self.field),
            "field_arcmin": list(self.field_arcmin),
            "wavelengths": list(self.wavelengths),
            "max_candidates": self.max_candidates,
            "max_bytes": self.max_bytes,
        }

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:
        """Requests for each galaxy, at most: the list on each route, and the file.

        Raises
        ------
        LongRunError
            If that takes more than six hours, and `helpdesk_agreed` is False.
        """
        what = f"images from NED for {galaxies} galaxies"
        plan = RequestPlan(what=what, requests=(len(self.routes) + 1) * galaxies, pace=self.client.transport.pace)
        check_length(plan, helpdesk_agreed=helpdesk_agreed)
        return plan

    def __repr__(self) -> str:
        surveys = f", surveys {'/'.join(self.surveys)}" if self.surveys else ""
        low, high = self.field
        return f"NedImages(bands {'/'.join(self.bands)}{surveys}, field {low:g} to {high:g} diameters)"


def _positive(value: Any) -> float | None:
    """The value as a number, if it is finite and above 0; else None."""
    if value is None or np.ma.is_masked(value):
        return None
    number = float(value)
    return number if 0 < number < math.inf else None
