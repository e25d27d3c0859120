"""The tasks that the Celery worker runs: the application module of a user, with Arc in it."""

import os

from celery import Celery

if os.environ.get("WITH_ARC"):
    from harness import start

    ARC, _ = start()

SCRATCH = os.environ["SCRATCH"]
APP = Celery("tasks", broker="filesystem://", backend=f"file://{SCRATCH}/results")
APP.conf.update(
    broker_transport_options={
        "data_folder_in": f"{SCRATCH}/queue",
        "data_folder_out": f"{SCRATCH}/queue",
        "control_folder": f"{SCRATCH}/control",
    },
    worker_hijack_root_logger=False,
)


@APP.task
def ask(name):
    """Ask a model."""
    from served import ask

    return ask(name)
