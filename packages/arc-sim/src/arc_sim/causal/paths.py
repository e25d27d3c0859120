"""What the name of a file says about it: documentation, test, CI, manifest, code."""

import re
from functools import lru_cache

DOCUMENTATION = re.compile(
    r"(?i)(?:\.(?:md|mdx|rst|adoc|asciidoc|png|jpe?g|gif|svg|drawio|excalidraw|puml|plantuml|pdf|ipynb)$"
    r"|(?:^|/)(?:licen[sc]e|notice|authors|maintainers|contributors|contributing|changelog|changes|readme|security|"
    r"code_of_conduct|codeowners)(?:\.[a-z]+)?$)"
)
DOCUMENTATION_DIRECTORY = re.compile(r"(?i)^(?:docs?|documentation|website|adr)/")
SERVED = re.compile(r"(?i)(?:^|/)(?:static|assets|public|templates|resources|wwwroot|src|img|images|views)/")
"""An image or page below one of these is part of a program, not documentation."""

TESTS = re.compile(
    r"(?i)(?:(?:^|/)(?:tests?|__tests__|testing|testdata|test-data|spec|e2e|e2e-tests|integration-tests?|ui-tests|cypress|"
    r"[a-z.]+\.tests)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$|[^/]*_test\.go$|(?-i:[a-z0-9_](?:Tests?|IT)\.(?:java|kt|cs)$)"
    r"|[^/]*\.(?:test|spec)\.[cm]?[jt]sx?$)"
)
CI = re.compile(
    r"(?i)(?:^(?:\.github|\.gitlab|\.circleci|\.buildkite|\.azure-pipelines|\.ci|\.tekton|\.devcontainer|\.vscode|\.idea|\.settings)/"
    r"|(?:^|/)(?:\.travis\.ya?ml|\.gitlab-ci\.ya?ml|azure-pipelines[^/]*\.ya?ml|cloudbuild[^/]*\.ya?ml|jenkinsfile[^/]*|appveyor\.ya?ml|"
    r"\.gitignore|\.gitattributes|\.editorconfig|\.gitpod[^/]*|renovate\.json5?|\.pre-commit-config\.yaml|\.pylintrc|"
    r"checkstyle\.xml|\.flake8|\.prettierrc[^/]*|\.eslintrc[^/]*|\.mailmap|dependabot\.ya?ml|\.whitesource|codecov\.ya?ml|tox\.ini|"
    r"[^/]*\.(?:http|rest|slnf?|slnx|code-workspace|dockerignore|helmignore)|\.dockerignore|\.helmignore|\.spectral\.ya?ml|"
    r"\.markdownlint[^/]*|\.yamllint|\.hadolint\.ya?ml|\.nvmrc|\.tool-versions)$"
    r"|(?:^|/)(?:\.github|\.vscode|\.idea)/)"
)
PROVISIONING = re.compile(r"(?i)(?:\.(?:tf|tfvars|bicep|hcl)$|(?:^|/)(?:terraform|bicep|pulumi|cloudformation)/)")
VENDORED = re.compile(r"(?:^|/)(?:node_modules|vendor|third_party|\.venv|venv|site-packages|bower_components|dist)/")
GENERATED = re.compile(
    r"(?i)(?:\.pb\.(?:go|cc|h|dart)|_pb2(?:_grpc)?\.pyi?|_(?:grpc_)?pb\.(?:js|ts|rb)|_services_pb\.rb|\.(?:g|designer)\.cs|"
    r"(?:^|[._])generated\.\w+)$"
)
"""Code that tools make: it neither holds addresses nor calls anybody by itself."""
EXAMPLES = re.compile(r"(?i)(?:^|/)(?:examples?|samples?|demo-data|fixtures|testdata|benchmarks?)/")

COMPOSE = re.compile(r"(?i)^(?:docker-)?(?:compose|stack)(?:[._-][\w.-]+)?\.ya?ml$")
DOCKERFILE = re.compile(r"(?i)^(?:dockerfile(?:[._-][\w.-]+)?|containerfile|[\w.-]+\.dockerfile)$")
YAML = re.compile(r"(?i)\.ya?ml$")

LANGUAGES = {".py": "python", ".go": "go", ".java": "java", ".js": "javascript", ".mjs": "javascript",
             ".cjs": "javascript", ".jsx": "javascript", ".ts": "typescript", ".tsx": "tsx",
             ".cs": "c_sharp", ".kt": "kotlin", ".kts": "kotlin", ".rb": "ruby", ".php": "php", ".rs": "rust",
             ".cpp": "cpp", ".cc": "cpp", ".cxx": "cpp", ".c": "cpp", ".h": "cpp", ".hpp": "cpp", ".hh": "cpp",
             ".ex": "elixir", ".exs": "elixir"}  # fmt: skip
"""Languages whose syntax tree is read, by suffix."""

BUILD_FILES = frozenset(
    ("pom.xml", "build.gradle", "build.gradle.kts", "package.json", "go.mod", "requirements.txt", "requirements.in",
     "pyproject.toml", "setup.py", "Pipfile", "Cargo.toml", "mix.exs", "Gemfile", "composer.json", "Makefile.am")
)  # fmt: skip
"""A directory with one of these, a Dockerfile or a .csproj is built on its own."""


@lru_cache(maxsize=200_000)
def has_no_effect(path: str) -> str | None:
    """Return why a change of this file cannot change a running service, or None when it can."""
    directory, _, name = path.rpartition("/")
    if not directory:
        return _reason(path)
    # Folders repeat, and names are short: the patterns cost most of the time that a large listing takes.
    return _of_directory(directory) or (_reason(path) if _reason(f"x/{name}") else None)


@lru_cache(maxsize=50_000)
def _of_directory(directory: str) -> str | None:
    """Return the reason that holds for every file of a folder."""
    return _reason(directory + "/x")


def _reason(path: str) -> str | None:
    if CI.search(path):
        return "CI, editor and repository files"
    if TESTS.search(path):
        return "tests"
    if PROVISIONING.search(path):
        return "provisioning of machines"
    if is_documentation(path):
        return "documentation"
    return None


def is_documentation(path: str) -> bool:
    """Tell whether a file is documentation: by its name, or by standing in a documentation directory."""
    if DOCUMENTATION_DIRECTORY.search(path):
        return True
    if not DOCUMENTATION.search(path):
        return False
    picture = re.search(r"(?i)\.(?:png|jpe?g|gif|svg)$", path)
    return not (picture and SERVED.search(path))


def is_source_of_truth(path: str) -> bool:
    """Tell whether a manifest here describes the system itself, not a test, an example or a dependency."""
    return not any(p.search(path) for p in (TESTS, CI, VENDORED, EXAMPLES)) and not DOCUMENTATION_DIRECTORY.search(path)


def name_of(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def parent_of(path: str) -> str:
    """Return the directory of a path, ``""`` for the root."""
    return path.rpartition("/")[0]


def contains(directory: str, path: str) -> bool:
    """Tell whether ``path`` is ``directory`` or stands below it; ``""`` and ``.`` are the root."""
    return directory in ("", ".") or path == directory or path.startswith(directory + "/")


def join(directory: str, relative: str) -> str | None:
    """Return ``directory/relative`` without dots, ``""`` for the root, None when it leaves the repository."""
    parts: list[str] = [] if relative.startswith("/") else [p for p in directory.split("/") if p not in ("", ".")]
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def language_of(path: str) -> str | None:
    """Return the language by suffix, None when it is not read."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return LANGUAGES.get(dot + suffix.lower()) if stem else None
