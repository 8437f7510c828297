"""A Celery worker that imports the counting app and calls it in its tasks."""

import os

import leaving
from celery import Celery
from celery.signals import worker_process_shutdown
from counting import app as flask_app

folder = os.environ["CELERY_FOLDER"]
celery = Celery("tasks")
celery.conf.update(
    broker_url="filesystem://",
    broker_transport_options={"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder},
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
)


@celery.task
def call(name):
    flask_app.test_client().get("/hit/" + name).close()
    # after the agent, which has just seen its first request: who comes first is called first
    worker_process_shutdown.connect(leave_numbers, weak=False)


def leave_numbers(**kwargs):
    leaving.leave_numbers()
