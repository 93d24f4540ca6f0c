"""Build the functions of an OpenFaaS stack file, with a cache that survives the runner."""

__version__ = "0.1.0"
