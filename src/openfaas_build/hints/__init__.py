"""Explain errors: (error text, registry, what is known) -> Notice(problem, cause, remedy, code, url).

BuildKit's messages say what a registry answered, seldom why. Known texts are
looked for first, then the registry's answer (status and path, or its own error
code, which is all that BuildKit 0.30 and newer show), then the registry's
name. An unknown registry is called unknown, never unable.

The price: messages are matched as text and change with BuildKit; a test reads
the recorded ones of two versions. Pure.
"""

from openfaas_build.hints.explain import hint_for
from openfaas_build.hints.known_registries import registry_id
from openfaas_build.hints.table_entries import Action
