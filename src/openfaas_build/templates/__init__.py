"""Find the templates that functions name, and fetch those that are not there.

A template is the folder `template/<lang>` of the project. `fetch` decides
where a missing one comes from: the stack file's `configuration.templates`,
else the input `template-url`, else the template store (`store`). `source`
reads an address, `clone` clones it, `folder` looks for a template that is
there, which is never refreshed, and copies one out of a clone.

Rules as in faas-cli 0.18.12, but a template that its source does not have is
an error, a `name@ref` without another ref is honoured, and no `meta.json` is
written: its time stamp would make every pull a cache miss.

The price: fetched code is run by the build. We keep git from running any
before that, and stop symlinks that leave the repository; whom to trust is the
stack file's choice.
"""

from openfaas_build.templates.fetch import Fetched, fetch_templates
from openfaas_build.templates.store import STORE_URL
