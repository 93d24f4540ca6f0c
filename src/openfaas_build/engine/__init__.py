"""Look at the Docker engine and its builders. This room never heard of functions."""

from openfaas_build.engine.builders import Builder
from openfaas_build.engine.machine import OWN_BUILDER, Machine
from openfaas_build.engine.sdk import registry_digests
