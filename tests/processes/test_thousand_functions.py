"""A stack file of a thousand functions: planned, laid out, and its one fault told once."""

import json
import shutil

from support.project import Project
from support.runs import run


def test_a_stack_of_a_thousand_functions(bare: Project) -> None:
    bare.add_template("node", "FROM scratch\n")
    image = "registry.example.com/t/{}:latest"
    names = [f"fn-{number:04}" for number in range(1000)]
    for name in names:
        bare.write(f"{name}/handler.js", f"{name}\n")
        bare.functions[name] = {"lang": "node", "handler": f"./{name}", "image": image.format(name)}
    bare.write_stack()
    plan = json.loads(run(bare.root, "plan", "--shards", "8").expect(0).stdout)
    assert [function["name"] for function in plan["functions"]] == names
    assert plan["warnings"] == []
    assert sorted(name for shard in plan["matrix"]["include"] for name in shard["functions"]) == names
    run(bare.root, "shrinkwrap").expect(0)
    assert {
        name for name in names if (bare.root / f"build/{name}/function/handler.js").read_text() != f"{name}\n"
    } == set()
    shutil.rmtree(bare.root / "fn-0777")
    missing = run(bare.root, "plan").expect(2)
    assert 'function "fn-0777": handler "./fn-0777" does not exist.' in missing.stderr
    assert missing.stderr.count("error: ") == 1
