"""Files whose change reaches no running service: what ``has_no_effect`` knows, and the tools of development."""

import re

from arc_sim.causal.paths import has_no_effect

CHECKS = re.compile(
    r"(?i)(?:^|/)(?:\.golangci\.(?:ya?ml|toml|json)|\.rubocop[^/]*\.ya?ml|\.credo\.exs|\.formatter\.exs|\.dialyzer[^/]*|\.rspec|"
    r"\.?rustfmt\.toml|\.?clippy\.toml|phpstan[^/]*|phpunit[^/]*|psalm\.xml[^/]*|\.php[-_]cs[^/]*|"
    r"(?:jest|vitest|cypress|playwright|stylelint|eslint|prettier|commitlint|lint-staged)\.(?:config|setup|workspace)\.\w+|"
    r"karma\.conf\.js|\.mocharc[^/]*|\.nycrc[^/]*|\.stylelintrc[^/]*|\.lintstagedrc[^/]*|\.commitlintrc[^/]*|lefthook\.ya?ml|"
    r"mypy\.ini|pytest\.ini|\.coveragerc|\.?ruff\.toml|\.isort\.cfg|\.bandit|detekt[^/]*\.ya?ml|\.hadolint\.ya?ml|\.yamllint[^/]*|"
    r"\.markdownlint[^/]*|\.spectral\.ya?ml|dotnet-tools\.json|sonar-project\.properties|\.codeclimate\.ya?ml|"
    r"\.clang-(?:format|tidy))$|(?:^|/)\.(?:husky|config)/"
)
"""Settings of linters, formatters and test runners, by the names that these tools look for."""

TESTS = re.compile(
    r"(?:_(?:test|spec)\.(?:rb|exs?|rs|dart|cc|cpp|py)|[a-z0-9](?:Test|Tests|Spec|Specs|TestCase|IT)\.(?:kts?|java|cs|scala|php|groovy|swift)|"
    r"\.snap|\.feature|\.postman_collection\.json)$"
    r"|(?:^|/)(?:__mocks__|__snapshots__|benches|[\w.-]*[a-z.-](?:Unit|Integration|Functional|Acceptance|E2E|Contract|Load)[.-]?Tests?|"
    r"(?:unit|integration|functional|acceptance|load|smoke|contract)[-_.]?tests?|component[-_.]?tests?|(?<=src/)[\w-]*(?:Test|[-_]test)s?|"
    r"(?:[\w.-]+[-_.])?tests?[-_]?(?:util(?:itie)?s?|helpers?|support|fixtures?|containers?))/"
    r"|(?:^|/)test[-_]?(?:utils?|helpers?|support)\.(?:rs|py|rb|exs?|[jt]sx?|go)$"
)


def is_idle(path: str) -> bool:
    """Tell whether a file is documentation, a test, or for tools that only developers run."""
    return has_no_effect(path) is not None or CHECKS.search(path) is not None or TESTS.search(path) is not None
