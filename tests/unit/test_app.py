"""The sub-commands from request to exit code, with scripted processes: what is asked, built, told."""

import base64
import json
from pathlib import Path

import pytest
from fakes import Solve, event, hit, imported
from test_machine import classic_machine, inspect, processes

from openfaas_build.app.commands import perform
from openfaas_build.engine import OWN_BUILDER
from openfaas_build.inputs import Inputs, Request

HEAD = "version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n"
FUNCTION = """\
  {name}:
    lang: dockerfile
    handler: ./{name}
    image: r.example.com/u/{name}
    build_cache: {cache}
"""
STEP, EXPORTED = "[2/2] COPY . /", "exporting cache to registry"
IMAGE = {
    "manifest": {"digest": "sha256:old"},
    "provenance": {"SLSA": {"materials": [{"uri": "pkg:docker/debian@12", "digest": {"sha256": "base"}}]}},
}


class Project:
    """A project of functions with a Dockerfile each, and runs of sub-commands in it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys
        (root / "docker").touch(mode=0o755)
        self.env = {"PATH": str(root)}
        self.processes = processes()
        self.stderr = self.stdout = ""

    def add(self, *names: str, cache: str = "off", image: str = "") -> None:
        for name in names:
            (self.root / name).mkdir()
            (self.root / name / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        texts = [FUNCTION.format(name=name, cache=cache) for name in names]
        text = HEAD + "".join(texts)
        (self.root / "stack.yml").write_text(text.replace("r.example.com", image) if image else text)

    def run(self, command: str = "build", *files: str, form: str = "json", **inputs) -> int:
        request = Request(command=command, inputs=Inputs(**inputs), format=form, files=files)
        code = perform(request, self.env, self.root, self.processes)
        self.stdout, self.stderr = self.capsys.readouterr()
        return code

    @property
    def report(self) -> dict:
        return json.loads((self.root / "build/.openfaas-build/report.json").read_text())

    def function(self, name: str) -> dict:
        return next(each for each in self.report["functions"] if each["name"] == name)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project(tmp_path, capsys)


def gha_token(permission: int = 3) -> dict[str, str]:
    claims = {"ac": json.dumps([{"Scope": "refs/heads/x", "Permission": permission}]), "nbf": 0, "exp": 1e12}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return {"ACTIONS_RUNTIME_TOKEN": f"e30.{body}.", "ACTIONS_RESULTS_URL": "https://results.example.com/"}


class TestBuild:
    def test_everything_is_built_and_told(self, project: Project):
        project.add("a", "b")
        project.processes.builds = {"a": [Solve(lines=[event(STEP)], digest="sha256:aa")]}
        assert project.run(push=True) == 0
        assert [each["status"] for each in project.report["functions"]] == ["built", "built"]
        assert project.function("a")["digest"] == "sha256:aa"
        assert project.function("a")["steps"][0]["status"] == "run"
        assert 'Builder "default" (docker driver), engine 28.5.2' in project.stderr
        assert "OpenFaaS functions: 2 built" in project.stderr
        assert (project.root / "build/.openfaas-build/summary.md").is_file()
        assert (project.root / "build/a/Dockerfile").is_file()

    def test_a_failed_function_is_exit_code_1_and_has_its_failure(self, project: Project):
        project.add("a", "b")
        project.processes.builds = {"a": [Solve(code=1, lines=["ERROR: failed to solve: it broke"])]}
        assert project.run() == 1
        assert project.function("a")["failure"]["message"] == "it broke"
        assert project.function("a")["error"] == "ERROR: failed to solve: it broke"
        assert project.function("b")["status"] == "built"

    def test_a_refused_export_fails_nothing_but_with_strict_cache(self, project: Project):
        project.add("a", cache="max")
        refused = Solve(code=1, lines=[event(EXPORTED, error="error writing manifest blob: 400 Bad Request")])
        project.processes.exports = {"a": [refused, refused]}
        project.processes.builds = {"a": [Solve(lines=[event(STEP)]), Solve(lines=[event(STEP)])]}
        assert project.run(push=True) == 0
        export = project.function("a")["cache"]["export"]
        assert (export["outcome"], export["hint"]["code"]) == ("failed", "registry-refused-cache-manifest")
        assert export["hint"] in project.function("a")["hints"]
        assert project.run(push=True, strict_cache=True) == 1
        assert project.function("a")["failure"]["by_cache"]

    def test_an_interrupt_is_exit_code_130_and_still_told(self, project: Project):
        project.add("a", "b")
        project.processes.builds = {"a": [Solve(before=project.processes.stop, code=130)]}
        assert project.run(parallel=1) == 130
        assert project.report["interrupted"]
        assert [each["status"] for each in project.report["functions"]] == ["failed", "skipped"]

    def test_layers_that_only_a_copy_needed_give_a_suggestion(self, project: Project):
        project.add("a", cache="max")
        ref = "r.example.com/u/a:buildcache"
        first = json.loads(hit("[2/3] RUN make"))
        pulled = {"vertex": "sha256:[2/3] RUN make", "id": "sha256:1", "total": 9_000_000, "completed": "x"}
        lines = [imported(ref), json.dumps({**first, "statuses": [pulled]}), event("[3/3] COPY . /srv/")]
        project.processes.builds = {"a": [Solve(lines=lines)]}
        (project.root / "a/Dockerfile").write_text("FROM scratch\nRUN make\nCOPY . /srv/\n")
        assert project.run(push=True) == 0
        (suggestion,) = project.function("a")["suggestions"]
        assert suggestion["problem"].startswith("COPY . /srv/ in a/Dockerfile:3 has no --link")
        assert project.run(push=True, sbom="true") == 0
        assert project.function("a")["suggestions"] == []

    def test_nothing_to_build_asks_no_builder(self, project: Project):
        project.add("a")
        text = (project.root / "stack.yml").read_text()
        (project.root / "stack.yml").write_text(text + "    skip_build: true\n")
        project.processes.answers.clear()
        assert project.run() == 0
        assert project.function("a")["detail"] == "skip_build"

    def test_a_machine_without_an_engine_is_exit_code_3(self, project: Project):
        project.add("a")
        project.processes = processes(info=(1, "", "no"), buildx_version=(0, "v0.29.1", ""))
        assert project.run() == 3
        assert "error: no Docker engine answers: no" in project.stderr

    def test_a_wrong_stack_file_is_exit_code_2_with_its_warnings(self, project: Project):
        project.add("a", image="${NOWHERE}")
        assert project.run() == 2
        assert "${NOWHERE} is not set" in project.stderr
        assert "has an empty path part" in project.stderr

    def test_a_report_that_cannot_be_written_is_said(self, project: Project):
        project.add("a")
        (project.root / "taken").write_text("")
        assert project.run(report_file="taken/report.json") == 2
        assert "cannot be written" in project.stderr

    def test_the_summary_goes_where_it_is_asked_to(self, project: Project):
        project.add("a")
        assert project.run(summary="other.md", report_file="r.json") == 0
        assert (project.root / "other.md").is_file() and (project.root / "r.json").is_file()
        assert project.run(summary="off") == 0
        assert not (project.root / "build/.openfaas-build/summary.md").exists()


class TestCachesThatCannotWork:
    def test_gha_without_credentials_is_dropped_aloud(self, project: Project):
        project.add("a", cache="gha")
        assert project.run() == 0
        assert not any("type=gha" in word for argv in project.processes.argvs for word in argv)
        (warning,) = project.report["warnings"]
        assert "(type=gha) cannot be used: its credentials are missing." in warning["problem"]
        assert project.run(strict_cache=True) == 3

    @pytest.mark.parametrize(
        ("permission", "imports", "exports"), [(3, True, True), (1, True, False), (2, False, True)]
    )
    def test_gha_does_what_its_token_allows(
        self, project: Project, permission: int, imports: bool, exports: bool
    ):
        project.add("a", cache="gha")
        project.env |= gha_token(permission)
        project.processes.builds = {"a": [Solve(lines=[event(STEP)])]}
        assert project.run() == 0
        words = [word for argv in project.processes.argvs for word in argv]
        assert ("--cache-from" in words, "--cache-to" in words) == (imports, exports)

    def test_an_old_buildkit_cannot_speak_to_the_new_service(self, project: Project):
        project.add("a", cache="gha")
        project.env |= {**gha_token(), "ACTIONS_CACHE_SERVICE_V2": "true"}
        found = inspect("default", "docker-container")
        project.processes = processes(buildx_inspect=(0, found[1].replace("v0.25.1", "v0.19.0"), ""))
        assert project.run() == 0
        assert "BuildKit v0.19.0 cannot speak to its service" in project.report["warnings"][0]["problem"]

    def test_what_the_builder_cannot_export_is_left_out(self, project: Project):
        project.add("a", cache="max", image="localhost:5000")
        project.processes = classic_machine(**{f"buildx_inspect_--bootstrap_{OWN_BUILDER}": (1, "", "no")})
        project.processes.builds = {"a": [Solve(lines=[event(STEP)])]}
        assert project.run(push=True) == 0
        export = project.function("a")["cache"]["export"]
        assert (export["outcome"], export["detail"]) == ("skipped", 'builder "default" cannot export it')
        # The registry is on this machine's loopback, so our own builder must share its network.
        assert any("network=host" in command for command in project.processes.asked)
        assert project.run(push=True, strict_cache=True) == 3


class TestReuse:
    @pytest.fixture
    def registry(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """What the registry holds: reference without its tag -> digest; the engine cannot be asked."""
        import docker

        def nobody(**_: object) -> None:
            raise docker.errors.DockerException("no engine")

        monkeypatch.setattr(docker.DockerClient, "from_env", nobody)
        project.env["DOCKER_HOST"] = "unix:///x"
        self.answer(project, "debian:12", "sha256:base")
        return {}

    @staticmethod
    def answer(project: Project, reference: str, digest: str) -> None:
        words = f"docker buildx imagetools inspect --format {{{{json .Manifest}}}} {reference}"
        project.processes.answers[words] = (0, json.dumps({"digest": digest}), "")

    def image(self, project: Project, name: str, **image) -> None:
        """Put an image of the function's present inputs into the registry."""
        self.answer(project, f"r.example.com/u/{name}:fn-", "sha256:old")
        template = '{"manifest":{{json .Manifest}},"provenance":{{json .Provenance}}}'
        words = f"docker buildx imagetools inspect --format {template} r.example.com/u/{name}:fn-"
        project.processes.answers[words] = (0, json.dumps(IMAGE | image), "")

    def test_what_is_unchanged_is_not_built_and_gets_its_tags(self, project: Project, registry):
        project.add("a", "b")
        self.image(project, "a")
        project.processes.answers["docker buildx imagetools create"] = (0, "", "")
        assert project.run(push=True, reuse=True) == 0
        assert [each["status"] for each in project.report["functions"]] == ["reused", "built"]
        assert project.function("a")["digest"] == "sha256:old"
        assert "1 of 2 functions are unchanged" in project.stderr
        create = next(text for text in project.processes.asked if "imagetools create" in text)
        assert "--tag r.example.com/u/a:latest" in create and create.endswith("r.example.com/u/a@sha256:old")

    @pytest.mark.parametrize(
        "case", ["base moved", "no provenance", "tag refused", "unreadable", "no-cache", "pull", "labels"]
    )
    def test_any_doubt_means_build(self, project: Project, registry, case: str):
        project.add("a")
        self.image(project, "a", **({"provenance": None} if case == "no provenance" else {}))
        if case == "base moved":
            self.answer(project, "debian:12", "sha256:new")
        if case == "unreadable":
            self.image(project, "a", manifest=3)
        if case != "tag refused":
            project.processes.answers["docker buildx imagetools create"] = (0, "", "")
        if case == "labels":
            project.env["BUILDX_GIT_LABELS"] = "1"
        flags = {case.replace("-", "_"): True} if case in ("no-cache", "pull") else {}
        assert project.run(push=True, reuse=True, **flags) == 0
        assert project.function("a")["status"] == "built"

    def test_a_flag_that_adds_what_nobody_can_know_is_built_and_said(self, project: Project, registry):
        project.add("a")
        self.image(project, "a")
        assert project.run(push=True, reuse=True, builder_flags=("--build-context=x=y",)) == 0
        assert project.function("a")["status"] == "built"
        assert 'builder flag "--build-context=x=y" adds' in project.report["warnings"][0]["problem"]

    def test_without_push_it_says_that_it_does_nothing(self, project: Project):
        project.add("a")
        assert project.run(reuse=True) == 0
        assert "`reuse` does nothing here" in project.report["warnings"][0]["problem"]


class TestPlan:
    def test_the_document_says_what_will_run_and_what_it_cannot_know(self, project: Project):
        project.add("a", cache="gha")
        assert project.run("plan", push=True, reuse=True, load="true") == 0
        document = json.loads(project.stdout)
        (function,) = document["functions"]
        assert function["commands"]["build"][:3] == ["docker", "buildx", "build"]
        assert [text.split()[0] for text in document["unknown"]] == [
            *("The", "The", "A", "An"),
            *("type=gha", "reuse"),
        ]
        assert project.processes.asked == []

    def test_the_text_is_one_docker_command_each(self, project: Project):
        project.add("a", "b")
        assert project.run("plan", form="text", builder="mine") == 0
        assert project.stdout.startswith("# a\nDOCKER_BUILDKIT=1 docker build")
        assert "\n# b\n" in project.stdout
        assert project.run("plan", form="text") == 0
        assert project.stdout.startswith("# The builder is chosen when the build starts;")

    def test_on_github_commands_of_others_stay_text(self, project: Project, tmp_path: Path):
        project.add("a")
        text = (project.root / "stack.yml").read_text()
        (project.root / "stack.yml").write_text(text + "    build_args: {X: '##[error]x'}\n")
        project.env |= {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "outputs")}
        assert project.run("plan") == 0
        assert "##[" not in project.stdout
        assert "matrix" in (tmp_path / "outputs").read_text()
        assert project.run("plan", form="text") == 0
        assert "##[error]" not in project.stderr


class TestOtherCommands:
    def test_shrinkwrap_writes_the_contexts_and_stops(self, project: Project):
        project.add("a")
        assert project.run("shrinkwrap") == 0
        assert "a shrink-wrapped to build/a" in project.stderr
        assert (project.root / "build/a/Dockerfile").is_file()
        assert project.processes.asked == []

    def test_contexts_that_cannot_be_written_are_told_together(self, project: Project):
        project.add("a", "b")
        for name in "ab":
            (project.root / name / "link").symlink_to("/etc")
        assert project.run("shrinkwrap") == 2
        assert project.stderr.count("which is outside the project") == 2

    def test_reports_are_merged(self, project: Project):
        project.add("a")
        project.processes.builds = {"a": [Solve(code=1)]}
        project.run(report_file="one.json")
        assert project.run("report", "one.json") == 1
        assert project.run("report", "o*.json") == 1
        assert project.report["totals"]["failed"] == 1

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ((), "report: no files are named."),
            (("none*.json",), "report: there is no file none*.json."),
            (("none.json",), "none.json: error: this report cannot be read"),
            (("stack.yml",), "stack.yml: error: this report cannot be read"),
            (("empty.json",), "empty.json: error: this is no report of openfaas-build"),
        ],
    )
    def test_what_is_no_report_is_said(self, project: Project, files: tuple[str, ...], said: str):
        project.add("a")
        (project.root / "empty.json").write_text("{}")
        assert project.run("report", *files) == 2
        assert said in project.stderr

    def test_an_interrupt_before_the_build(self, project: Project, monkeypatch: pytest.MonkeyPatch):
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("openfaas_build.app.commands._shrinkwrap", interrupted)
        assert project.run("shrinkwrap") == 130


class TestDoctor:
    def test_what_works(self, project: Project):
        project.add("a")
        git = project.root / "git"
        git.touch(mode=0o755)
        (project.root / "config.json").write_text(
            json.dumps({"auths": {"r.example.com": {}}, "credsStore": "x"})
        )
        project.env |= {"DOCKER_CONFIG": str(project.root), **gha_token()}
        project.processes.answers["docker buildx imagetools inspect --raw"] = (0, "{}", "")
        assert project.run("doctor") == 0
        assert [line for line in project.stderr.splitlines() if line.startswith("✓")] == [
            "✓ engine: Docker 28.5.2, containerd image store",
            "✓ buildx: buildx 0.29.1",
            '✓ builder: "default" (docker driver) exports caches to '
            "inline, registry, local, gha, not s3, azblob",
            f"✓ git: {git}",
            "✓ GitHub cache: its credentials are here",
            "✓ logins: logged in to r.example.com, helper x",
            "✓ stack file: stack.yml, 1 functions to build",
            "✓ registries: r.example.com answers",
        ]

    def test_what_does_not(self, project: Project):
        project.add("a")
        project.processes = processes(info=(1, "", "down"), buildx_version=(0, "v0.29.1", ""))
        denied = "ERROR: failed to authorize: 401 Unauthorized"
        project.processes.answers["docker buildx imagetools inspect --raw"] = (1, "", denied)
        assert project.run("doctor") == 3
        failed = [line for line in project.stderr.splitlines() if line.startswith("✗")]
        assert failed == ["✗ engine", "✗ builder", "✗ git", "✗ registries"]
        assert "no credentials, so cache-mode gha would do nothing here" in project.stderr
        assert "no login stored" in project.stderr
        assert f"r.example.com: {denied}" in project.stderr

    def test_an_image_that_is_not_there_yet_is_an_answer(self, project: Project):
        project.add("a")
        missing = (1, "", "ERROR: r.example.com/u/a:latest: not found")
        project.processes.answers["docker buildx imagetools inspect --raw"] = missing
        project.run("doctor")
        assert "r.example.com answers (r.example.com/u/a:latest is not there yet)" in project.stderr
