"""A Celery worker that imports the counting app and calls it in its tasks."""

import os

from celery import Celery
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
