import errno
import os
import stat
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from arc_common.errors import ConfigError
from arc_common.signers.base import PublicKey
from arc_common.signers.ed25519 import Ed25519Signer


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a" / "b" / "arc.key"


def test_the_first_use_makes_a_key_that_only_its_owner_reads(path):
    umask = os.umask(0)
    try:
        signer = Ed25519Signer.load_or_create(path)
    finally:
        os.umask(umask)
    assert _mode(path) == 0o600
    assert _mode(path.parent) == _mode(path.parent.parent) == 0o700
    assert sorted(each.name for each in path.parent.iterdir()) == ["arc.key", "arc.pub"]
    assert signer.public_path.read_bytes() == signer.public_key.pem
    assert signer.public_key.pem.startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")


def test_the_second_use_takes_the_same_key(path):
    first = Ed25519Signer.load_or_create(path)
    second = Ed25519Signer.load_or_create(path)
    assert first.keyid == second.keyid
    assert first.sign("t", b"x") == second.sign("t", b"x")
    PublicKey.from_pem(second.public_path.read_bytes()).verify("t", b"x", first.sign("t", b"x").sig)


def test_racing_first_uses_agree_on_one_key(path):
    barrier = threading.Barrier(8)
    keyids = []

    def use():
        barrier.wait(timeout=30)
        keyids.append(Ed25519Signer.load_or_create(path).keyid)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(keyids) == 8
    assert len(set(keyids)) == 1
    assert sorted(each.name for each in path.parent.iterdir()) == ["arc.key", "arc.pub"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o601])
def test_a_key_that_is_open_to_others_is_refused(path, mode):
    Ed25519Signer.load_or_create(path)
    path.chmod(mode)
    for use in (Ed25519Signer.load, Ed25519Signer.load_or_create):
        with pytest.raises(ConfigError) as caught:
            use(path)
        assert caught.value.code == "key.mode"
        assert f"chmod 600 {path}" in caught.value.hint


def test_load_does_not_make_a_key(path):
    with pytest.raises(ConfigError) as caught:
        Ed25519Signer.load(path)
    assert caught.value.code == "key.private"
    assert not path.parent.exists()


def test_a_missing_public_key_is_written_again(path):
    signer = Ed25519Signer.load_or_create(path)
    signer.public_path.unlink()
    assert Ed25519Signer.load(path).public_path.read_bytes() == signer.public_key.pem


def test_a_public_key_of_another_is_refused_and_kept(path, tmp_path):
    signer = Ed25519Signer.load_or_create(path)
    other = Ed25519Signer.load_or_create(tmp_path / "other.key")
    signer.public_path.write_bytes(other.public_key.pem)
    with pytest.raises(ConfigError) as caught:
        Ed25519Signer.load(path)
    assert caught.value.code == "key.mismatch"
    assert signer.public_path.read_bytes() == other.public_key.pem


def _pem(key, encryption):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        _pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")),
        _pem(generate_private_key(SECP256R1()), NoEncryption()),
    ],
    ids=["empty", "zeros", "broken", "encrypted", "ecdsa"],
)
def test_other_content_is_refused_and_not_shown(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        Ed25519Signer.load_or_create(path)
    assert caught.value.code == "key.private"
    assert "BEGIN" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_and_a_pathless_place_are_refused(tmp_path):
    with pytest.raises(ConfigError):
        Ed25519Signer.load_or_create(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError) as caught:
        Ed25519Signer.load_or_create(tmp_path / "file" / "arc.key")
    assert caught.value.code == "key.create"


def test_a_full_disk_leaves_no_part_of_a_key(path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError) as caught:
        Ed25519Signer.load_or_create(path)
    assert caught.value.code == "key.create"
    assert list(path.parent.iterdir()) == []


def test_a_link_to_a_private_key_is_followed(path, tmp_path):
    signer = Ed25519Signer.load_or_create(path)
    link = tmp_path / "link.key"
    link.symlink_to(path)
    assert Ed25519Signer.load(link).keyid == signer.keyid


def test_a_private_key_never_gets_the_name_of_a_public_one(tmp_path):
    for use in (Ed25519Signer.load, Ed25519Signer.load_or_create):
        with pytest.raises(ConfigError) as caught:
            use(tmp_path / "arc.pub")
        assert caught.value.code == "key.name"
    assert list(tmp_path.iterdir()) == []
