"""Sources of the service graph. See base.py for the contract."""

NAMING = {
    "repository": "arc_sim.causal.readers.repository:RepositoryReader",
    "compose": "arc_sim.causal.readers.compose:ComposeReader",
    "kubernetes": "arc_sim.causal.readers.kubernetes:KubernetesReader",
    "aspire": "arc_sim.causal.readers.aspire:AspireReader",
    "spring": "arc_sim.causal.readers.frameworks.names:SpringReader",
    "registered": "arc_sim.causal.readers.frameworks.registered:RegisteredReader",
    "dockerfile": "arc_sim.causal.readers.deploy.dockerfile:DockerfileReader",
}
"""Readers that say which services there are. Name -> import path, imported on use; an earlier one's names win."""

LINKING = {
    "code": "arc_sim.causal.readers.code:CodeReader",
    "grpc": "arc_sim.causal.readers.protocols.grpc:GrpcReader",
    "channels": "arc_sim.causal.readers.protocols.channels:ChannelReader",
    "configuration": "arc_sim.causal.readers.configuration:ConfigurationReader",
    "frameworks": "arc_sim.causal.readers.frameworks.reader:FrameworksReader",
}
"""Readers that need to know the services already."""
