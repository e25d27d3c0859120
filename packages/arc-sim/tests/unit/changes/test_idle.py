"""Which files no running service sees."""

import pytest

from arc_sim.causal.changes.idle import is_idle


@pytest.mark.parametrize(
    "path",
    [
        "a/.golangci.yml", "a/.rubocop.yml", "a/.credo.exs", "a/rustfmt.toml", "a/phpunit.xml.dist", "a/jest.config.ts",
        "a/eslint.config.mjs", "a/mypy.ini", ".config/dotnet-tools.json", "a/.husky/pre-commit", "a/x_spec.rb", "a/x_test.rb",  # noqa: E501 - one list
        "a/FooSpec.kt", "a/FooTest.php", "a/__mocks__/x.js", "a/benches/x.rs", "src/Foo.UnitTests/X.cs", "a/README.md",
        "src/Foo.IntegrationTest/Foo.IntegrationTest.csproj", "a/integration_tests/x.py", "a/login.feature",
        "a/src/component-test/java/Steps.java", "a/src/integrationTest/kotlin/X.kt", "shop-test-util/src/X.java", "pkg/testutils/src/lib.rs",  # noqa: E501 - one list
        "a/test_helpers.rs",
    ],
)  # fmt: skip
def test_development_only(path: str) -> None:
    assert is_idle(path)


@pytest.mark.parametrize(
    "path",
    ["a/webpack.config.js", "a/Contest.java", "a/LatestFeature.cs", "a/greatest.rb", "a/config.py", "a/Audit.java",
     "a/config/app.yml", "a/attest/x.go", "a/benchmarks.go", "a/next.config.js", "a/Unit.cs", "a/INIT.cs", "a/Makefile", "a/src/contest/x.go", "a/src/latest/x.py"],  # noqa: E501 - one list
)  # fmt: skip
def test_what_runs(path: str) -> None:
    assert not is_idle(path)
