"""Compile ``protos/`` into ``arc_common.wire.v1`` whenever a wheel, sdist or editable install is built.

The protos live beside this file in an sdist and two folders up in the repository. A proto's path equals
its Python path, so the generated imports need no rewriting. Generated files are ignored by git, left out
of the sdist (which carries the protos instead) and put back into the wheel by ``artifacts``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = Path("arc_common", "wire", "v1")


def find_protos(root):
    """Return the folder that holds ``arc_common/wire/v1/*.proto``, or raise when neither place has it."""
    for candidate in (root / "protos", root.parent.parent / "protos"):
        if (candidate / PACKAGE).is_dir():
            return candidate
    raise FileNotFoundError(f"no protos/ beside {root} or two folders above it")


def compile_protos(protos, target):
    """Write messages, services and typed stubs for every proto below ``protos`` into ``target``.

    Files are written only when their bytes change, and each one atomically, so that concurrent builds of
    one tree see whole files. What a proto that is gone had left there goes too.
    """
    sources = sorted(str(path) for path in (protos / PACKAGE).glob("*.proto"))
    kept = set()
    with tempfile.TemporaryDirectory() as scratch:
        tool_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        run = subprocess.run(
            [sys.executable, "-m", "grpc_tools.protoc", f"-I{protos}"]
            + [f"--{kind}_out={scratch}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
            + sources,
            check=False,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": _with_plugin(tool_path)},
        )
        if run.returncode:
            raise RuntimeError(f"protoc refused {protos}:\n{run.stderr}")
        for made in sorted((Path(scratch) / PACKAGE).iterdir()):
            if "_pb2_grpc" in made.name and not _has_service(made.with_suffix(".py")):
                continue
            _replace(made, target / made.name)
            kept.add(made.name)
    for stale in set(target.glob("*_pb2*")) - {target / name for name in kept}:
        stale.unlink()


def _with_plugin(path):
    """Put the folder of ``protoc-gen-mypy`` on PATH: build isolation installs it beside its library."""
    import mypy_protobuf

    site = Path(mypy_protobuf.__file__).resolve().parent.parent
    bins = [parent / name for parent in site.parents for name in ("bin", "Scripts")]
    found = [str(folder) for folder in bins if folder.is_dir() and any(folder.glob("protoc-gen-mypy*"))]
    return os.pathsep.join([*found[:1], path])


def _has_service(module):
    return "class " in module.read_text(encoding="utf-8")


def _replace(made, goal):
    if goal.is_file() and goal.read_bytes() == made.read_bytes():
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    draft = goal.with_name(f".{goal.name}.{os.getpid()}")
    shutil.copyfile(made, draft)
    draft.replace(goal)


class ProtoBuildHook(BuildHookInterface):
    """Runs before every target; the sdist gets the protos, all others the compiled modules."""

    def initialize(self, version, build_data):
        """Compile for wheels and editables; carry ``protos/`` in an sdist."""
        root = Path(self.root)
        protos = find_protos(root)
        if self.target_name == "sdist":
            build_data["force_include"][str(protos)] = "protos"
            return
        compile_protos(protos, root / "src" / PACKAGE)


if __name__ == "__main__":
    # `make protos`: an editable install does not run the hook again when a proto changes
    here = Path(__file__).resolve().parent
    compile_protos(find_protos(here), here / "src" / PACKAGE)
