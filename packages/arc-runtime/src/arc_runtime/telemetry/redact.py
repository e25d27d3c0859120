"""Takes keys, tokens, e-mail addresses and card numbers out of text, before anything leaves the process.

What is recognised is a shape, not a meaning: a secret that looks like ordinary words passes.
"""

import re
from typing import Any, Iterable, Iterator, Match, NamedTuple, Pattern, Tuple


class Rule(NamedTuple):
    """One kind of secret."""

    name: str
    gate: str
    """A character without which the pattern cannot match; to look for one costs next to nothing. Empty: none."""
    needles: Tuple[str, ...]
    """Texts without which the pattern cannot match; looking for them is 50 times faster. Empty: always look."""
    pattern: "Pattern[str]"


def _rule(name: str, needles: str, pattern: str) -> Rule:
    words = tuple(needles.split())
    shared = [mark for mark in "_-@:" if words and all(mark in word for word in words)]
    return Rule(name, shared[0] if shared else "", words, re.compile(pattern, re.DOTALL))


_START = r"(?<![A-Za-z0-9])"
RULES = (
    # to the end marker, or to the end of the text
    _rule(
        "private-key",
        "-----BEGIN",
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
    ),
    # OpenAI (sk-, sk-proj-, sk-svcacct-), Anthropic (sk-ant-), OpenRouter (sk-or-), also as providers echo them, masked
    _rule("api-key", "sk-", _START + r"sk-[A-Za-z0-9_*-]{12,}"),
    _rule("arc-key", "arc_key_", _START + r"arc_key_[A-Za-z0-9_-]{6,}"),
    # GitHub, Hugging Face, Stripe, Groq, E2B; Slack, GitLab, xAI; Google: the shapes that they document
    _rule(
        "token",
        "_pat_ ghp_ gho_ ghu_ ghs_ ghr_ hf_ k_live_ gsk_ e2b_",
        _START + r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|hf_[A-Za-z0-9]{20,}"
        r"|[rs]k_live_[A-Za-z0-9]{16,}|gsk_[A-Za-z0-9]{20,}|e2b_[a-f0-9]{20,})",
    ),
    _rule(
        "token",
        "xoxa- xoxb- xoxp- xoxr- xoxs- glpat- xai-",
        _START + r"(?:xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{16,}|xai-[A-Za-z0-9]{20,})",
    ),
    _rule("token", "AIza", _START + r"AIza[A-Za-z0-9_-]{30,}"),
    _rule("aws-key", "AKIA ASIA AGPA AIDA AROA", _START + r"A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    # the secret half has no shape of its own, only a name in front
    _rule(
        "aws-secret",
        "secret Secret SECRET",
        r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s{0,8}[=:]\s{0,8}[\"']?[A-Za-z0-9/+]{40}",
    ),
    _rule("jwt", "eyJ", _START + r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    # a digit is asked for, so that "bearer authentication" stays
    _rule(
        "bearer",
        "earer EARER",
        _START + r"(?i:bearer)\s{1,8}(?=[A-Za-z._~+/-]{0,512}[0-9])[A-Za-z0-9._~+/-]{8,}={0,2}",
    ),
    _rule("basic", "asic ASIC", r"(?i:authorization[\"']?\s{0,8}[:=]\s{0,8}[\"']?basic)\s{1,8}[A-Za-z0-9+/]{6,}={0,2}"),
    _rule("url-password", "://", r"(?<=://)[^\s/@:\[\]]{0,64}:[^\s/@\[\]]{1,256}(?=@)"),
    _rule(
        "email",
        "@",
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}",
    ),
    # groups of digits; `holds_card` decides
    _rule("card", "", r"[0-9](?<![0-9A-Za-z.].)[0-9]{2,18}(?:[ -][0-9]{3,19}){0,15}(?![0-9])"),
)
# fmt: off
_SECRET_NAMES = frozenset(
    {
        "authorization", "proxyauthorization", "apikey", "xapikey", "xgoogapikey", "password", "passwd",
        "secret", "clientsecret", "accesstoken", "refreshtoken", "idtoken", "sessiontoken", "authtoken",
        "bearertoken", "privatekey", "secretkey", "secretaccesskey", "awssecretaccesskey", "credential",
        "credentials", "cookie", "setcookie",
    }
)
# fmt: on
_WINDOW = 4_096
"""Characters looked at on both sides of a cut; a longer secret keeps a head that is recognised by itself."""
_MAX_PASSES = 8


class Redactor:
    """Replaces secrets by ``[redacted:KIND]``. Applying it twice changes nothing more.

    known: values that are secret whatever they look like, such as our own API key; shorter than 6 are ignored.
    """

    MARK = "[redacted]"

    def __init__(self, known: Iterable[str] = ()) -> None:
        exact = sorted({value for value in known if value and len(value) >= 6}, key=len, reverse=True)
        self._rules = tuple(Rule("known", "", (value,), re.compile(re.escape(value))) for value in exact) + RULES

    def redact(self, text: str) -> str:
        """Return ``text`` without what looks like a secret."""
        if len(text) < 6:
            return text
        for _ in range(_MAX_PASSES):
            cleaned = text
            for rule in self._looked_for(text):
                cleaned = rule.pattern.sub(lambda match, name=rule.name: _mark(name, match), cleaned)  # type: ignore[misc] # a default argument
            if cleaned == text:
                return text
            # a replacement sets a new border, at which a shape may begin that was hidden before
            text = cleaned
        return text

    def cut(self, text: str, max_chars: int) -> str:
        """Return the head of ``text``, cut further where half of a secret would stay at its end."""
        if len(text) <= max_chars:
            return text
        end = max_chars
        for rule in self._looked_for(text):
            for match in rule.pattern.finditer(text, max(0, max_chars - _WINDOW), max_chars + _WINDOW):
                if match.start() < end < match.end():
                    end = match.start()
        return text[:end]

    def is_secret_name(self, key: str) -> bool:
        """Whether the value under this key is a secret by its name."""
        return len(key) <= 40 and key.replace("_", "").replace("-", "").lower() in _SECRET_NAMES

    def is_secret_number(self, value: Any) -> bool:
        """Whether an integer is a card number."""
        return bool(10**12 < value < 10**19) and holds_card(str(value))

    def _looked_for(self, text: str) -> Iterator[Rule]:
        for rule in self._rules:
            if rule.gate and rule.gate not in text:
                continue
            if not rule.needles or any(needle in text for needle in rule.needles):
                yield rule


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        number = ord(digit) - 48
        total += number if index % 2 == 0 else sum(divmod(number * 2, 10))
    return total % 10 == 0


def holds_card(text: str) -> bool:
    """Whether neighbouring groups form a card number: 13 to 19 digits, a check digit, an issuer's first digit.

    The issuers' digits are 2 to 6 (ISO/IEC 7812-1), so a time in milliseconds, which begins with 1, is none.
    """
    groups = text.replace("-", " ").split(" ")
    for first in range(len(groups)):
        for last in range(first + 1, min(first + 6, len(groups)) + 1):
            digits = "".join(groups[first:last])
            if 13 <= len(digits) <= 19 and "2" <= digits[0] <= "6" and is_luhn(digits):
                return True
    return False


def _mark(name: str, match: "Match[str]") -> str:
    found = match.group()
    if name == "card" and not holds_card(found):
        return found
    return Redactor.MARK if name == "known" else f"[redacted:{name}]"
