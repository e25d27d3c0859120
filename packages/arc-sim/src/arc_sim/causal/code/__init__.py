"""Code, read with syntax trees and lowered to one form for all languages."""

SERVICE_PASSES = {
    "code": "arc_sim.causal.readers.code:read_service",
    "grpc": "arc_sim.causal.readers.protocols.grpc:read_service",
    "channels": "arc_sim.causal.readers.protocols.channels:read_service",
}
"""What is found in one service's code at a time (see ``scan.py``). Name -> import path, imported on use."""
