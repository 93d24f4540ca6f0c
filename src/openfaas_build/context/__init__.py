"""Lay out build contexts as faas-cli 0.18.12 does, but equal on every machine.

Template first, the handler over it, then the extra paths. Three things differ
from faas-cli on purpose: modes are normalised, the template's `meta.json`
(which faas-cli writes, with the time of the pull) stays out, and nothing
outside the project is read, nothing outside the staging folder removed.

The project is the folder that faas-cli would run in: handlers and extra paths
are relative to it, never to the stack file. `paths` resolves them, `request`
gathers what is wrong, `layout` writes the context and finds back from its
Dockerfile to the user's own. Neither environment nor clock is read.
"""

from openfaas_build.context.digest import context_digest, handler_digest
from openfaas_build.context.layout import find_dockerfile, write_context
from openfaas_build.context.request import ContextRequest, check_paths, check_secrets
