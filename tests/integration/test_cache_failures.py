"""A cache can speed a build up; it can never break one: registries that refuse caches in every way.

The images go to the real registry, the caches through a proxy that answers chosen requests with an
error. All functions of a run are built at once, so the many cases cost few builds.
"""

from collections.abc import Callable, Iterator

import pytest
from fault_proxy import MESSAGES, FaultProxy, Rule
from support import registry
from support.engine import Engine
from support.project import Project
from support.runs import Result

STAGES = """\
FROM busybox:stable AS build
COPY go.mod .
RUN --network=none dd if=/dev/urandom of=/deps bs=64k count=1 2>/dev/null
FROM busybox:stable
COPY --from=build /deps /deps
COPY handler.go .
"""
UPLOAD = (("POST", "PUT", "PATCH"), "/blobs/uploads/")
MANIFEST = (("PUT",), "/manifests/")
READ = (("HEAD", "GET"), "/manifests/")
# The registry's answer, as its status and the code in its body, and the hint that it should lead to.
ANSWERS = {
    "upload-400": ("BLOB_UPLOAD_INVALID", "registry-refused-layer"),
    "upload-401": ("UNAUTHORIZED", "registry-denied"),
    "upload-403": ("DENIED", "registry-denied"),
    "upload-404": ("NAME_UNKNOWN", "registry-repository-missing"),
    "upload-413": ("", "registry-body-limit"),
    "upload-429": ("TOOMANYREQUESTS", "registry-rate-limit"),
    "upload-500": ("", "registry-server-error"),
    "manifest-400": ("MANIFEST_INVALID", "registry-refused-cache-manifest"),
    "manifest-401": ("UNAUTHORIZED", "registry-denied"),
    "manifest-403": ("DENIED", "registry-denied"),
    "manifest-404": ("NAME_UNKNOWN", "registry-repository-missing"),
    "manifest-413": ("", "registry-body-limit"),
    "manifest-429": ("TOOMANYREQUESTS", "registry-rate-limit"),
    "manifest-500": ("", "registry-server-error"),
    "import-401": ("UNAUTHORIZED", "registry-denied"),
    "import-403": ("DENIED", "registry-denied"),
    "import-500": ("", "registry-server-error"),
}
REFUSED = {"upload": UPLOAD, "manifest": MANIFEST, "import": READ}
EXPORTS = [case for case in ANSWERS if not case.startswith("import")]
IMPORTS = [case for case in ANSWERS if case.startswith("import")]
# What a registry's 500 costs in time was paid before.
STRICT = [case for case in ANSWERS if not case.endswith("500")]
# All at once: a registry's 500 is tried again for seconds, and that should cost them once.
AT_ONCE = ("--push", "--parallel", str(len(ANSWERS)))


@pytest.fixture(scope="module")
def project(engine: Engine, make_project: Callable[..., Project]) -> Iterator[Project]:
    made = make_project()
    rules = []
    with FaultProxy(engine.registry) as proxy:
        for name, (code, _) in ANSWERS.items():
            what, status = name.split("-")
            methods, part = REFUSED[what]
            rules.append(Rule(methods, f"/{made.prefix}/{name}/cache{part}", int(status), code))
            cache = made.image(f"{name}/cache", proxy.address)
            key = "from" if what == "import" else "to"
            made.add_dockerfile(name, STAGES, build_cache={key: [f"{cache}:c"]})
        proxy.rules = tuple(rules)
        yield made


def status_of(case: str) -> str:
    return f": {case.partition('-')[2]} "


def message_of(case: str) -> str:
    return MESSAGES.get(ANSWERS[case][0], "a text that is nowhere")


@pytest.fixture(scope="module")
def tolerant(project: Project, build: Callable[..., Result]) -> Result:
    return build(project, *AT_ONCE).expect(0)


@pytest.fixture(scope="module")
def strict(project: Project, build: Callable[..., Result]) -> Result:
    names = ("--functions", ",".join(STRICT))
    return build(project, *AT_ONCE, *names, "--strict-cache").expect(1)


@pytest.mark.parametrize("case", ANSWERS)
def test_the_image_is_built_and_pushed_all_the_same(tolerant: Result, project: Project, case: str) -> None:
    function = tolerant.function(case)
    assert function["status"] == "built"
    assert function["error"] is None
    pushed = registry.digest(f"{project.image(case)}:latest")
    assert pushed
    assert function["digest"] == pushed


@pytest.mark.parametrize("case", EXPORTS)
def test_a_refused_export_is_reported_with_a_hint(tolerant: Result, case: str) -> None:
    function = tolerant.function(case)
    export = function["cache"]["export"]
    assert export["outcome"] == "failed"
    # Which of the two it is depends on BuildKit's version.
    assert status_of(case) in export["detail"] or message_of(case) in export["detail"]
    (hint,) = function["hints"]
    assert hint["code"] == ANSWERS[case][1]
    assert all(hint[part] for part in ("problem", "cause", "remedy", "url"))


@pytest.mark.parametrize("case", IMPORTS)
def test_a_refused_import_is_reported_with_a_hint(tolerant: Result, case: str) -> None:
    function = tolerant.function(case)
    (found,) = function["cache"]["imports"]
    assert found["outcome"] == "failed"
    assert status_of(case) in found["detail"]
    (hint,) = function["hints"]
    assert hint["code"] == ANSWERS[case][1]
    assert all(hint[part] for part in ("problem", "cause", "remedy", "url"))


def test_cache_failures_are_seen(tolerant: Result) -> None:
    for text in (tolerant.stderr, tolerant.summary):
        assert "with cache failures" in text
        assert "Cache export" in text
        assert "Cache import" in text
    assert tolerant.report["totals"]["failed"] == 0


@pytest.mark.parametrize("case", STRICT)
def test_strict_cache_makes_it_a_failure(strict: Result, project: Project, case: str) -> None:
    function = strict.function(case)
    assert function["status"] == "failed"
    cache = function["cache"]
    failed = cache["imports"][0] if case.startswith("import-") else cache["export"]
    assert failed["outcome"] == "failed"
    assert function["error"].startswith("strict-cache: cache ")
    assert failed["detail"] in function["error"]
    assert [hint["code"] for hint in function["hints"]] == [ANSWERS[case][1]]
    # What was asked for beside the cache has been done.
    assert registry.digest(f"{project.image(case)}:latest")


def test_without_the_cache_a_refused_export_breaks_nothing_either(
    project: Project, build: Callable[..., Result]
) -> None:
    # Then there is one solve, which builds, pushes and exports.
    names = ("--functions", "manifest-400,upload-403")
    result = build(project, *AT_ONCE, "--no-cache", *names).expect(0)
    for case in ("manifest-400", "upload-403"):
        function = result.function(case)
        assert (function["status"], function["cache"]["export"]["outcome"]) == ("built", "failed")
        assert [hint["code"] for hint in function["hints"]] == [ANSWERS[case][1]]
        assert function["digest"] == registry.digest(f"{project.image(case)}:latest") != ""


@pytest.fixture
def gha_project(make_project: Callable[..., Project]) -> Project:
    made = make_project()
    made.add_dockerfile("fn", STAGES, build_cache="gha")
    return made


def test_gha_without_credentials_is_dropped_aloud(gha_project: Project, build: Callable[..., Result]) -> None:
    result = build(gha_project, "--push").expect(0)
    (warning,) = result.report["warnings"]
    assert warning["problem"].startswith("the GitHub Actions cache (type=gha) cannot be used")
    assert warning["cause"] and warning["remedy"]
    for text in (result.stderr, result.summary):
        assert "credentials are missing" in " ".join(text.split())
    assert result.function("fn")["status"] == "built"
    assert registry.digest(f"{gha_project.image('fn')}:latest")


def test_gha_without_credentials_stops_a_strict_run(
    gha_project: Project, build: Callable[..., Result]
) -> None:
    result = build(gha_project, "--push", "--strict-cache").expect(3)
    assert "the GitHub Actions cache (type=gha) cannot be used" in result.stderr
    assert "Traceback" not in result.stderr
    assert not registry.digest(f"{gha_project.image('fn')}:latest")
