"""What NED asks of those who send it many requests."""

from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import LongRunError

__all__ = ["check_length"]

_MAX_HOURS = 6
_HELPDESK = "https://ned.ipac.caltech.edu/help/contact"


def check_length(plan: RequestPlan, *, helpdesk_agreed: bool) -> None:
    """Refuse a run of more than six hours, unless NED's helpdesk agreed to it.

    Raises
    ------
    LongRunError
        If the run takes longer, and `helpdesk_agreed` is False.
    """
    if plan.seconds > _MAX_HOURS * 3600 and not helpdesk_agreed:
        raise LongRunError(
            f"{plan}; expected at most {_MAX_HOURS} hours, as NED asks: write to its helpdesk ({_HELPDESK}) first, "
            f"then pass helpdesk_agreed=True, or ask for less"
        )
