"""What is taken out of text, and what is left alone. Every key here is made up."""

import pytest

from arc_runtime.telemetry.redact import Redactor, is_luhn

SECRETS = [
    "sk-abcdefghijklmnopqrstuvwx",
    "sk-proj-Ab12_Cd34-Ef56Gh78Ij90",
    "sk-ant-api03-AAAABBBBCCCCDDDD-1234",
    "sk-abcd****************wxyz",
    "arc_key_9f8e7d6c5b4a",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "xoxb-1234567890-abcdef",
    "AIza" + "b" * 35,
    "hf_" + "c" * 30,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123",
    "jane.doe+test@mail.example.co.uk",
    "4111 1111 1111 1111",
    "5500-0000-0000-0004",
    "378282246310005",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEpAIB and no end",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "see {} there", "key={}", '"{}"', "({})\n", "\n{}\n"])
def test_secret_is_gone_wherever_it_stands(secret: str, around: str) -> None:
    cleaned = Redactor().redact(around.format(secret))
    assert secret not in cleaned
    assert "[redacted:" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc123def456ghi789",
        "authorization: bearer  a1b2c3d4e5f6",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    ],
)
def test_value_behind_its_name_is_gone(text: str) -> None:
    cleaned = Redactor().redact(text)
    assert text.split()[-1] not in cleaned


def test_password_in_a_url_is_gone_and_the_host_stays() -> None:
    cleaned = Redactor().redact("postgres://app:hunter2@db.example.org:5432/x")
    assert "hunter2" not in cleaned
    assert "@db.example.org:5432/x" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "",
        "task-oriented risk-averse desk-bound",
        "bearer authentication and basic understanding",
        "at 1700000000000 ms, request 1234567890123456 of 4111111111111112",
        "version 4.1111111111111111",
        "digits 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 one by one",
        "a @ b, @mention, x@localhost",
        "https://example.org/path?x=1",
        "the private key of the story",
        "日本語 émoji 🦊",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor().redact(text) == text


@pytest.mark.parametrize("around", ["{} 1", "2222 {}", "2222 {} 3333", "1-{}", "no. 12 {}", "{} 123456"])
def test_card_among_other_numbers_is_gone(around: str) -> None:
    assert "1111" not in Redactor().redact(around.format("4111 1111 1111 1111"))


def test_known_values_are_gone_whatever_they_look_like() -> None:
    redactor = Redactor(["hunter2-hunter2", ""])
    assert redactor.redact("my key is hunter2-hunter2!") == "my key is [redacted]!"


@pytest.mark.parametrize("known", ["redacted", "[redacted]", "ed][re", "email]"])
def test_known_value_inside_our_own_mark_ends(known: str) -> None:
    redactor = Redactor([known])
    redactor.redact(f"{known} a@b.example {known}{known}")


def test_half_a_secret_does_not_stay_at_a_cut() -> None:
    redactor = Redactor(["our-own-key"])
    for secret in (*SECRETS, "our-own-key"):
        text = f"{'x ' * 20}{secret} and more"
        for end in range(41, 41 + len(secret)):
            head = redactor.redact(redactor.cut(text, end))
            leaked = head[40:].replace("[redacted", "")
            assert not leaked.strip() or "[" in head[40:] or secret not in text, (secret, end, head)
            assert secret[: max(4, end - 40)] not in head[40:], (secret, end, head)


@pytest.mark.parametrize("name", ["api_key", "API-Key", "x-api-key", "Authorization", "password", "client_secret"])
def test_secret_names(name: str) -> None:
    assert Redactor().is_secret_name(name)


@pytest.mark.parametrize("name", ["max_tokens", "token", "messages", "secretary", "key", ""])
def test_ordinary_names(name: str) -> None:
    assert not Redactor().is_secret_name(name)


def test_card_numbers_as_integers() -> None:
    assert Redactor().is_secret_number(4111111111111111)
    assert not Redactor().is_secret_number(4111111111111112)
    assert not Redactor().is_secret_number(-5)
    assert not Redactor().is_secret_number(1_700_000_000_000)


def test_luhn() -> None:
    # the example of ISO/IEC 7812-1, annex B
    assert is_luhn("49927398716")
    assert not is_luhn("49927398717")
