"""Every known error text, every answer of a registry in both shapes, every known registry.

The cases of `golden/hints` hold whole hints; its README says how to change them.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from recorded import RECORDINGS, read

from openfaas_build.hints import hint_for, registry_id
from openfaas_build.hints.advice_on_answers import OF_ANY_REGISTRY
from openfaas_build.hints.error_texts_of_builds import OF_ANY_ACTION, OF_BUILDS, OF_REGISTRIES
from openfaas_build.hints.error_texts_of_caches import (
    OF_CACHE_CONTENTS,
    OF_CONFIGURATION,
    OF_GHA_CREDENTIALS,
    OF_GHA_SERVICE,
)
from openfaas_build.hints.known_registries import ADVICE, HOSTS, RegistryId
from openfaas_build.hints.table_entries import Answer, When

GOLDEN = Path(__file__).parents[1] / "golden" / "hints"
REGENERATE = bool(os.environ.get("REGENERATE_GOLDEN")) and not os.environ.get("CI")
PARTS = ("code", "problem", "cause", "remedy", "url")

UNKNOWN = "r.example.com:5000"
GHA = {"type": "gha", "scope": "fn"}
NEW = (0, 32, 2)
FAILED = "ERROR: failed to build: failed to solve: "


def registry(host: str = UNKNOWN, **more: str) -> dict[str, str]:
    return {"type": "registry", "ref": f"{host}/acme/fn:cache"} | more


def manifest(status: str, host: str = UNKNOWN, more: str = "") -> str:
    """Write a refused manifest as BuildKit before 0.30 does."""
    url = f"https://{host}/v2/acme/fn/manifests/cache"
    head = 'error writing manifest blob: failed commit on ref "sha256:d16ae6e0": unexpected status from PUT'
    return f"{head} request to {url}: {status}{more}"


def layer(status: str, host: str = UNKNOWN, more: str = "") -> str:
    """Write a refused layer as BuildKit before 0.30 does."""
    url = f"https://{host}/v2/acme/fn/blobs/uploads/"
    return f"error writing layer blob: unexpected status from POST request to {url}: {status}{more}"


def importing(text: str) -> str:
    return f"failed to configure registry cache importer: {text}"


# --- golden hints


@dataclass(frozen=True)
class Case:
    """A case of a golden file: what is asked, as it is written there, and the hint that is expected."""

    name: str
    asked: tuple[str, ...]
    expected: tuple[str, ...]

    def found(self) -> tuple[str, ...]:
        """Ask for the hint, and write it as the file does."""
        text = "\n".join(line[2:] for line in self.asked if line.startswith(">"))
        known = dict(line.split(": ", 1) for line in self.asked if not line.startswith(">"))
        if "buildkit" in known:
            known["buildkit"] = tuple(map(int, known["buildkit"].split(".")))
        if "attributes" in known:
            known["attributes"] = dict(pair.split("=", 1) for pair in known["attributes"].split(","))
        hint = hint_for(text, **known)
        return tuple(f"{part}: {getattr(hint, part)}" for part in PARTS) if hint else ("no hint",)

    def part(self, name: str) -> str:
        return dict(line.split(": ", 1) for line in self.expected)[name]


def cases_of(path: Path) -> list[Case]:
    cases = []
    for block in path.read_text(encoding="utf-8").removesuffix("\n").split("\n\n"):
        name, *lines = block.split("\n")
        asked = [line for line in lines if re.match(r">|(?:action|host|buildkit|attributes): ", line)]
        cases.append(Case(name, tuple(asked), tuple(lines[len(asked) :])))
    return cases


def written(cases: Iterable[Case]) -> str:
    return "\n\n".join("\n".join((case.name, *case.asked, *case.found())) for case in cases) + "\n"


FILES = sorted(GOLDEN.glob("*.txt"))
CASES = [case for path in FILES for case in cases_of(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_files_are_as_reviewed(path: Path) -> None:
    made = written(cases_of(path))
    if REGENERATE and made != path.read_text(encoding="utf-8"):
        path.write_text(made, encoding="utf-8")
        pytest.fail(f"{path.name} was written anew: review it, and run again without REGENERATE_GOLDEN")
    assert made == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_whole_text_of_a_hint(case: Case) -> None:
    assert case.found() == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hint_is_complete_and_plain(case: Case) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case.part("code"))
    assert case.part("url").startswith("https://")
    for part in map(case.part, ("problem", "cause", "remedy")):
        assert part.isprintable()
        assert re.search(r"[.)]$", part)
        assert not re.search(r"[{}]", part.replace("{repository}:buildcache", ""))


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 117
    assert all(case.name.startswith("# ") for case in CASES)
    assert {path.name for path in GOLDEN.iterdir()} == {"README.md", *(path.name for path in FILES)}


TEXTS = (
    OF_CONFIGURATION,
    OF_GHA_CREDENTIALS,
    OF_GHA_SERVICE,
    OF_CACHE_CONTENTS,
    OF_ANY_ACTION,
    OF_REGISTRIES,
    OF_BUILDS,
)


def test_every_code_has_one_entry_and_a_case() -> None:
    codes = [code for table in TEXTS for code in table] + [answer.value for answer in Answer]
    codes += ["cache-export-failed", "cache-import-failed", "image-push-failed"]
    assert len(codes) == len(set(codes))
    assert {case.part("code") for case in CASES} == set(codes)


def test_every_text_of_an_entry_has_a_case() -> None:
    told = {part: {case.part(part) for case in CASES} for part in PARTS}
    entries = [entry for table in TEXTS for entry in table.values()]
    unseen = [
        text
        for entry in (*entries, *OF_ANY_REGISTRY.values(), *ADVICE.values())
        for part in ("problem", "cause", "remedy", "url")
        if (text := getattr(entry, part, ""))
        and not any(re.fullmatch(re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)), seen) for seen in told[part])
    ]
    assert unseen == []


@pytest.mark.parametrize("registry", ["", *HOSTS])
def test_each_answer_of_a_registry_has_one_advice(registry: str) -> None:
    whens = [when for of, when in ADVICE if of == registry] if registry else list(OF_ANY_REGISTRY)
    assert whens
    cases = [(when.answer, action, form) for when in whens for action in when.actions for form in when.forms]
    assert len(cases) == len(set(cases))


def test_what_is_known_of_a_registry_adds_to_what_holds_for_any() -> None:
    """Advice on a case that has none in general would never be looked at."""

    def cases(whens: Iterable[When]) -> set[tuple[str, ...]]:
        return {
            (when.answer.value, action, form)
            for when in whens
            for action in when.actions
            for form in when.forms
        }

    general = cases(OF_ANY_REGISTRY)
    assert all(cases([when]) & general for _, when in ADVICE)
    assert set(HOSTS) == set(get_args(RegistryId)) == {of for of, _ in ADVICE} == set(HOST_OF)


HOST_OF = {
    "hub": "docker.io",
    "ghcr": "ghcr.io",
    "ecr": "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "ecrpublic": "public.ecr.aws",
    "gar": "europe-west1-docker.pkg.dev",
    "acr": "acme.azurecr.io",
    "gitlab": "registry.gitlab.com",
    "quay": "quay.io",
    "jfrog": "acme.jfrog.io",
}


# --- §8.1: the same answer, told by BuildKit before and since 0.30 ---

ROWS = [
    ("400 Bad Request", "unknown: manifest invalid", "registry-refused-cache-manifest"),
    ("404 Not Found", "name unknown: repository name not known to registry", "registry-repository-missing"),
    ("404 Not Found", "unknown: artifact acme/fn:cache not found", "registry-repository-missing"),
    ("405 Method Not Allowed", "unsupported: The operation is unsupported.", "registry-no-artifacts"),
    ("415 Unsupported Media Type", "unsupported: The operation is unsupported.", "registry-no-artifacts"),
    (
        "413 Request Entity Too Large",
        "unknown: <title>413 Request Entity Too Large</title>",
        "registry-body-limit",
    ),
    ("401 Unauthorized", "unauthorized: authentication required", "registry-denied"),
    ("403 Forbidden", "denied: requested access to the resource is denied", "registry-denied"),
    ("403 Forbidden", "denied: installation not allowed to Create organization package", "registry-denied"),
    ("403 Forbidden", "denied: permission_denied: write_package", "registry-denied"),
    (
        "403 Forbidden",
        "push access denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed",
        "registry-denied",
    ),
    ("429 Too Many Requests", "toomanyrequests: too many requests", "registry-rate-limit"),
    ("500 Internal Server Error", "unknown: 500 Internal Server Error", "registry-server-error"),
    ("502 Bad Gateway", "unknown: <h1>502 Bad Gateway</h1>", "registry-server-error"),
    ("503 Service Unavailable", "unavailable: 503 Service Unavailable", "registry-server-error"),
]


@pytest.mark.parametrize(("status", "words", "code"), ROWS)
@pytest.mark.parametrize("host", [UNKNOWN, *HOST_OF.values()])
def test_both_shapes_of_an_answer(status: str, words: str, code: str, host: str) -> None:
    before = hint_for(manifest(status, host))
    between = hint_for(manifest(status, host, more=f"\n{words}"))
    since = hint_for(f"error writing manifest blob: {words}", attributes=registry(host))
    for hint in (before, between, since):
        assert hint is not None
        assert hint.code == code
        assert f"{host} answered" in hint.problem
        assert f"{host}/acme/fn:cache" in hint.problem
    if before and since:
        assert (before.cause, before.remedy) == (since.cause, since.remedy)


@pytest.mark.parametrize(
    "word",
    [
        "blob unknown",
        "blob upload invalid",
        "blob upload unknown",
        "digest invalid",
        "manifest blob unknown",
        "size invalid",
        "BLOB_UPLOAD_INVALID",
    ],
)
def test_codes_about_layers(word: str) -> None:
    hint = hint_for(f"error writing layer blob: {word}: more", attributes=registry())
    assert hint is not None
    assert hint.code == "registry-refused-layer"


def code_of(text: str, **arguments: Any) -> str | None:
    hint = hint_for(text, **arguments)
    return hint and hint.code


# --- precedence ---


def test_status_goes_before_the_host() -> None:
    for host in HOST_OF.values():
        assert code_of(layer("413 Payload Too Large", host)) == "registry-body-limit"
        assert code_of(manifest("503 Service Unavailable", host)) == "registry-server-error"


def test_the_more_exact_text_goes_before_the_status() -> None:
    immutable = "\ntag invalid: The image tag 'a' already exists and the tag is immutable"
    assert code_of(manifest("400 Bad Request", more=immutable)) == "registry-tag-immutable"
    assert code_of(f"error writing manifest blob: unknown:{immutable}") == "registry-tag-immutable"


def test_the_host_is_the_given_one_then_the_url_then_the_ref() -> None:
    text = manifest("418 ?", "url.example.com")
    for arguments, host in (
        ({"host": "Given.example.com"}, "given.example.com"),
        ({"attributes": registry("ref.example.com")}, "url.example.com"),
        ({}, "url.example.com"),
    ):
        hint = hint_for(text, **arguments)
        assert hint is not None
        assert f"failed: {host} answered" in hint.problem
    hint = hint_for(
        "error writing layer blob: denied: no", attributes={"type": "registry", "ref": "acme/fn:cache"}
    )
    assert hint is not None
    assert "docker.io answered" in hint.problem
    hint = hint_for(
        "unexpected status from GET request to https://auth.docker.io/token?scope=x: 401 Unauthorized"
    )
    assert hint is not None
    assert "auth.docker.io answered" in hint.problem


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://r.example.com/v2/", "r.example.com"),
        ("https://r.example.com/v2/a/tags/list", "r.example.com"),
        ("https://r.example.com:5000/v2/a/b/manifests/1.0", "r.example.com:5000/a/b:1.0"),
        ("http://[::1]:5000/v2/a/blobs/uploads/?_state=x", "[::1]:5000/a"),
        ("https://r.example.com/v2/a/blobs/sha256:12", "r.example.com/a"),
        ("https://user@R.example.com/v2/a/manifests/sha256:12", "R.example.com/a@sha256:12"),
    ],
)
def test_registry_and_image_of_a_url(url: str, place: str) -> None:
    hint = hint_for(f"unexpected status from PUT request to {url}: 500 Internal Server Error", buildkit=NEW)
    assert hint is not None
    host = place.partition("/")[0].lower()
    place = place if "/" in place else host
    assert hint.problem == f'Cache export to {place} failed: {host} answered "500 Internal Server Error".'


def test_an_import_that_needs_a_log_in() -> None:
    text = importing(
        "pull access denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed"
    )
    assert code_of(text, action="import", attributes=registry("docker.io")) == "registry-denied"


def test_a_page_in_the_text_is_no_host() -> None:
    hint = hint_for("toomanyrequests: see https://www.docker.com/increase-rate-limit", action="build")
    assert hint is not None
    assert hint.problem == "Image pull failed: the registry got too many requests."


def test_secrets_of_an_address_are_not_told() -> None:
    url = "https://me:passw0rd@r.example.com/v2/a/blobs/uploads/1?_state=s3cr3t"
    hint = hint_for(f"unexpected status from PUT request to {url}: 403 Forbidden")
    assert hint is not None
    assert "s3cr3t" not in repr(hint)
    assert "passw0rd" not in repr(hint)


def test_a_digest_in_the_path() -> None:
    url = "https://r.example.com/v2/a/b/manifests/sha256:12"
    hint = hint_for(f"unexpected status from PUT request to {url}: 500 Internal Server Error")
    assert hint is not None
    assert "to r.example.com/a/b@sha256:12 failed" in hint.problem


@pytest.mark.parametrize(
    "value",
    ["image-manifest=false", "image-manifest=0", "oci-mediatypes=False", "oci-mediatypes=f"],
)
def test_an_old_form_that_was_asked_for(value: str) -> None:
    key, _, text = value.partition("=")
    hint = hint_for(manifest("400 Bad Request"), buildkit=NEW, attributes=registry(**{key: text}))
    assert hint is not None
    assert hint.cause.startswith("image-manifest=false or oci-mediatypes=false makes")


def test_an_unreadable_version_is_unknown() -> None:
    text = manifest("400 Bad Request")
    assert hint_for(text, buildkit=(0, 0, 0)) == hint_for(text, buildkit=None) == hint_for(text, buildkit=())


def test_a_registry_that_is_not_known_is_never_called_unable() -> None:
    for host in ("registry.digitalocean.com", "fra.ocir.io", "rg.fr-par.scw.cloud", UNKNOWN):
        for status, words, _ in ROWS:
            for text in (manifest(status, host), f"error writing manifest blob: {words}"):
                hint = hint_for(text, attributes=registry(host), buildkit=NEW)
                assert hint is not None
                assert not re.search(
                    r"unsupported|not supported|cannot", hint.cause + hint.remedy, re.IGNORECASE
                )
    hint = hint_for(manifest("400 Bad Request"), buildkit=NEW)
    assert hint is not None
    assert "not known" in hint.cause


# --- no hint ---


@pytest.mark.parametrize(
    "text",
    [
        importing("r.example.com/fn:cache: not found"),
        importing("r.example.com/fn:cache: not found\n"),
        importing(
            "unexpected status from HEAD request to https://r.example.com/v2/a/manifests/b: 404 Not Found"
        ),
        importing("manifest unknown: manifest unknown"),
        importing("name unknown: repository name not known to registry"),
        "WARNING: local cache import at cache not found due to err: could not read cache/index.json: open "
        "cache/index.json: no such file or directory",
    ],
)
def test_a_cold_cache_is_no_trouble(text: str) -> None:
    assert hint_for(text, action="import") is None


@pytest.mark.parametrize("action", ["import", "export", "push", "build"])
def test_what_was_cancelled_has_its_cause_elsewhere(action: Any) -> None:
    text = 'failed to do request: Put "http://r/v2/a/blobs/uploads/b": context canceled'
    assert hint_for(f"error writing layer blob: failed to copy: {text}", action=action) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        'process "/bin/sh -c go build" did not complete successfully: exit code: 1',
        f"{FAILED}dockerfile parse error on line 3: unknown instruction: COPYY (did you mean COPY?)",
        "handler.go:7: undefined: foo",
        "open /etc/shadow: permission denied",
        "denied: a word in a step's output",
        "error: not_found",
        "404 Not Found",
        "npm ERR! 429 Too Many Requests - GET https://npm.example.org/x",
        "the service is unavailable",
    ],
)
def test_an_unknown_error_of_a_build_has_no_hint(text: str) -> None:
    assert hint_for(text, action="build") is None


def test_gha_words_are_not_read_into_other_caches() -> None:
    assert code_of("permission_denied", attributes=registry()) == "cache-export-failed"
    assert code_of("error writing layer blob: denied: no", attributes=GHA) == "cache-export-failed"
    spurious = "rpc error: code = Unavailable desc = ref layer-sha256:0 locked: unavailable"
    assert (
        code_of(f"ERROR: (*service).Write failed: {spurious}", attributes={"type": "local", "dest": "c"})
        == "cache-export-failed"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{FAILED}error writing layer blob: permission_denied", "gha-read-only"),
        (f"{FAILED}{manifest('400 Bad Request')}", "registry-refused-cache-manifest"),
        (f"{FAILED}{importing('new')}", "cache-import-failed"),
        (f"{FAILED}failed to push ghcr.io/a/b:1: unauthorized: no", "registry-denied"),
        (f"{FAILED}failed to push ghcr.io/a/b:1: new", "image-push-failed"),
    ],
)
def test_a_build_error_that_is_another_one(text: str, code: str) -> None:
    assert code_of(text, action="build") == code


def test_what_a_step_printed_is_not_what_buildx_says() -> None:
    log = "ERROR: failed to push some refs\nerror writing layer blob: no\n"
    last = f'{FAILED}process "/bin/sh -c make" did not complete successfully: exit code: 2'
    assert code_of(f"{log}\n{last}", action="build") is None
    log = "Temporary failure resolving 'archive.example.org'\nE: Unable to locate package curl\n"
    assert code_of(f"{log}\n{last}", action="build") == "name-not-resolved"


# --- registries by name ---


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, name) for name, host in HOST_OF.items()),
        ("index.docker.io", "hub"),
        ("registry-1.docker.io:443", "hub"),
        ("GHCR.IO", "ghcr"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "ecr"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr"),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "ecr"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "ecr"),
        ("ecr-public.aws.com", "ecrpublic"),
        ("gcr.io", "gar"),
        ("eu.gcr.io", "gar"),
        ("us-docker.pkg.dev", "gar"),
        ("acme.azurecr.cn", "acr"),
        ("evil-ghcr.io", ""),
        ("ghcr.io.evil.com", ""),
        ("12345678901.dkr.ecr.eu-west-1.amazonaws.com", ""),
        ("gitlab.example.com", ""),
        ("localhost:5000", ""),
        ("[::1]:5000", ""),
        ("", ""),
    ],
)
def test_registries_by_name(host: str, expected: str) -> None:
    assert registry_id(host) == expected


# --- recordings ---

ERRORS = {
    "error writing manifest blob: unknown: manifest invalid": "registry-refused-cache-manifest",
    "error writing layer blob: denied": "registry-denied",
    "error writing layer blob: maximum timeout": "gha-rate-limit",
    "error writing layer blob: failed to reserve": "gha-cannot-reserve",
    "error writing layer blob: permission_denied": "gha-read-only",
    "permission_denied": "gha-read-only",
    "failed to configure registry cache importer: unexpected status": "registry-denied",
    "error writing manifest blob: failed commit": "registry-refused-cache-manifest",
    "error writing layer blob: unexpected status": "registry-denied",
}
LAST_LINES = {
    "config-duplicate": "duplicate-cache-exports",
    "config-unknown-type": "unknown-cache-type",
    "config-upper-case": "reference-upper-case",
    "export-400-fatal": "registry-refused-cache-manifest",
    "export-denied-fatal": "registry-denied",
    "failed-missing-file": "file-not-in-context",
    "gha-bad-token": "gha-token-malformed",
    "gha-read-only-fatal": "gha-read-only",
    "classic-store-registry": "docker-driver-cannot-export",
}


@pytest.mark.parametrize(
    "path", sorted(RECORDINGS.glob("*/*.jsonl")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_recorded_errors(path: Path) -> None:
    record = read(path.read_text().splitlines())
    for entry in record.imports:
        expected = next((code for text, code in ERRORS.items() if entry.error.startswith(text)), None)
        if entry.error:
            assert code_of(entry.error, action="import") == expected
            assert (expected is None) == (entry.outcome == "cold")
    for export in record.exports:
        expected = next((code for text, code in ERRORS.items() if export.error.startswith(text)), None)
        if export.error:
            assert expected
            assert code_of(export.error, attributes={"type": export.kind}) == expected
    codes = json.loads((RECORDINGS / "exit-codes.json").read_text())
    if codes.get(f"{path.parent.name}/{path.stem}"):
        assert code_of("\n".join(record.tail), action="build") == LAST_LINES.get(path.stem)


# --- hostile input ---


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5_000_000,
        "unexpected status from PUT request to https://" * 20_000,
        "unexpected status from PUT request to https://" + "x:" * 1_000_000,
        "https://" * 100_000,
        "https://[" * 50_000,
        "https://" + "a@" * 1_000_000,
        "https://r/v2/" + "a/" * 1_000_000,
        "https://r/v2/a/manifests/" * 50_000,
        "blob sha256:a is too large (" * 50_000,
        "failed to resolve source metadata for x: " * 20_000,
        "error writing layer blob: " * 20_000,
        "failed to compute cache key: blob sha256:" * 20_000,
        'failed to calculate checksum of ref a: "' * 20_000,
        "repository name (" * 50_000,
        "failed to push " * 50_000,
        " \t\n:" * 200_000,
        "\x00\x1b[31m\ud800" * 50_000,
        "{subject} {0} {} %s" * 1000,
    ],
    ids=range(18),
)
@pytest.mark.parametrize("action", ["import", "export", "push", "build"])
def test_long_and_odd_texts_do_no_harm(text: str, action: Any) -> None:
    """A pattern that backtracks without a bound would not come back from these."""
    found = hint_for(text, action=action)
    assert found is None or (len(found.problem) < 4096 and found.problem.isprintable())


def test_what_others_wrote_is_fit_to_be_shown() -> None:
    """A log may hold anything, and so may a cache value."""
    path = "/a\x1b[31m\u202eb\r" + "c" * 200
    hint = hint_for(f'failed to calculate checksum of ref a::b: "{path}": not found', action="build")
    assert hint is not None
    assert hint.problem == f'"/ab {"c" * 200}" is not in the build context.'
    hint = hint_for(
        "new", attributes={"type": "registry", "ref": "https://me:pw@r.example.com/\x07" + "d" * 9000}
    )
    assert hint is not None
    assert "pw" not in hint.problem
    assert hint.problem.isprintable()
    assert len(hint.problem) < 400


def test_braces_of_a_text_stay_as_they_are() -> None:
    hint = hint_for('unknown cache exporter: "a.b"', action="build")
    assert hint is not None
    assert '"a.b"' in hint.problem
    hint = hint_for("new", attributes={"type": "registry", "ref": "r.example.com/{0}{subject}"})
    assert hint is not None
    assert "r.example.com/{0}{subject}" in hint.problem
