"""Turn flags and environment into Inputs.

Precedence: flag, then `INPUT_…` (upper case, underscores), then the default;
an empty value counts as not given. All faults are told at once. Pure.
"""

from openfaas_build.inputs.command_line import parse
from openfaas_build.inputs.definitions import INPUTS, Input
from openfaas_build.inputs.values import Inputs, Request, Secret
