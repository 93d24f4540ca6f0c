#!/usr/bin/env python3
"""Run openfaas-build from its own folder; the only place that exits the process."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))
from openfaas_build.app import main  # `python -I` leaves our folder out of the path

sys.exit(main(sys.argv[1:], os.environ, Path.cwd()))
