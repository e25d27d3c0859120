"""``arc sim verify``: whether an attestation can be relied on."""

import json
import sys
from pathlib import Path

from arc_common.errors import AttestationError
from arc_sim.attest import check_attestation, find_attestation


def verify_file(name: str, key: Path | None, repo: Path, as_json: bool) -> int:
    """Print what was signed and return 0, or the reason of the refusal and 1; raises ConfigError otherwise."""
    path, policy = find_attestation(name, repo)
    try:
        predicate, result = check_attestation(path, key, policy)
    except AttestationError as refusal:
        if as_json:
            print(json.dumps({"accepted": False, "reason": refusal.message, "code": refusal.code}))
        print(f"refused: {refusal.message}", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps({"accepted": True, "predicate": predicate.to_dict()}, indent=2))
        return 0
    print(f"accepted: {predicate.sim_id}, risk {predicate.risk_score:g} ({predicate.verdict}), {predicate.timestamp}")
    print(f"commit {predicate.commit_target}, scenario {predicate.scenario}, evidence {predicate.evidence}")
    print(
        f"covers {result}" if result else "the result itself is not beside it, so only the signed figures were checked"
    )
    return 0
