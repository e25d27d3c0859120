import importlib.util

import pytest

from arc_common.errors import ConfigError
from arc_common.signers.sigstore import SigstoreSigner

HAVE_SIGSTORE = importlib.util.find_spec("sigstore") is not None


@pytest.mark.skipif(HAVE_SIGSTORE, reason="the extra sigstore is installed")
def test_without_the_extra_it_says_what_to_install():
    with pytest.raises(ConfigError) as caught:
        SigstoreSigner()
    assert caught.value.code == "signer.sigstore.missing"
    assert "extra sigstore" in caught.value.hint


@pytest.mark.skipif(not HAVE_SIGSTORE, reason="needs the extra sigstore")
def test_a_malformed_token_is_refused_before_anything_is_signed():
    with pytest.raises(ConfigError) as caught:
        SigstoreSigner("not a token")
    assert caught.value.code == "signer.sigstore.identity"


@pytest.mark.skipif(not HAVE_SIGSTORE, reason="needs the extra sigstore")
def test_without_an_identity_it_says_so(monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "GOOGLE_SERVICE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError) as caught:
        SigstoreSigner()
    assert caught.value.code == "signer.sigstore.identity"
    assert "sign with a key" in caught.value.hint
