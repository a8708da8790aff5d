"""Run the command as ``python -m galmorph``."""

import sys

from galmorph._command.main import main

sys.exit(main())
