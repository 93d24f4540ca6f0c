"""Compose: read, plan, prepare, build, report, tell."""

from openfaas_build.app.main import main
