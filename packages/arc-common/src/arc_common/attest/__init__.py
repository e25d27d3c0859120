"""Signed attestations: an in-toto statement about a simulation's result, in a DSSE envelope."""

from arc_common.attest.envelope import IN_TOTO_PAYLOAD_TYPE, Envelope, parse_envelope, sign_envelope
from arc_common.attest.files import Artifact, AttestationPaths, sign_result, write_attestation
from arc_common.attest.policy import Policy, TrustedKey
from arc_common.attest.simulation import PREDICATE_TYPE, SimulationPredicate, predicate_from_result
from arc_common.attest.statement import STATEMENT_TYPE, Statement, Subject, parse_statement
from arc_common.attest.verify import verify_attestation

__all__ = [
    "IN_TOTO_PAYLOAD_TYPE",
    "PREDICATE_TYPE",
    "STATEMENT_TYPE",
    "Artifact",
    "AttestationPaths",
    "Envelope",
    "Policy",
    "SimulationPredicate",
    "Statement",
    "Subject",
    "TrustedKey",
    "parse_envelope",
    "parse_statement",
    "predicate_from_result",
    "sign_envelope",
    "sign_result",
    "verify_attestation",
    "write_attestation",
]
