"""What a data scientist does with a tracking server, by MLflow's own client. Prints what came back, ids left out."""

import os
import pathlib
import sys
import tempfile

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0", GIT_PYTHON_REFRESH="quiet")

import mlflow  # noqa: E402  (reads its environment when it is imported)
from mlflow.tracking import MlflowClient  # noqa: E402

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
place = pathlib.Path(tempfile.mkdtemp())
(place / "weights.bin").write_bytes(bytes(range(256)) * 400)

experiment = mlflow.set_experiment("wine")
for number in range(3):
    with mlflow.start_run(run_name=f"run {number}") as run:
        mlflow.log_params({"alpha": number / 10, "kind": "smörgås"})
        mlflow.log_metrics({"rmse": 1.5 - number, "r2": float(number)}, step=number)
        mlflow.set_tag("by", "the client")
        mlflow.log_text("a note\n", "notes/note.txt")
        mlflow.log_dict({"deep": {"list": [1, None, "x"]}}, "settings.json")
        mlflow.log_artifact(str(place / "weights.bin"), "weights")

found = client.search_runs([experiment.experiment_id], "metrics.rmse < 1", order_by=["metrics.rmse ASC"])
for one in found:
    print(one.info.run_name, one.info.status, sorted(one.data.params.items()), sorted(one.data.metrics.items()))
print([(item.path, item.file_size) for item in client.list_artifacts(run.info.run_id, "weights")])
got = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="weights/weights.bin")
print(pathlib.Path(got).read_bytes() == (place / "weights.bin").read_bytes())
print(mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/note.txt"))
print([(it.step, it.value) for it in client.get_metric_history(run.info.run_id, "rmse")])

client.create_registered_model("wine", description="to be drunk")
version = client.create_model_version("wine", run.info.artifact_uri + "/weights", run.info.run_id)
client.set_registered_model_alias("wine", "best", version.version)
print(version.version, client.get_model_version_by_alias("wine", "best").status)
for wrong in (
    lambda: client.get_run("0" * 32),
    lambda: client.create_registered_model("wine"),
    lambda: client.search_runs([experiment.experiment_id], "metrics.rmse <<< 1"),
):
    try:
        wrong()
        print("no error")
    except mlflow.MlflowException as error:
        print(error.error_code)
client.delete_registered_model("wine")
client.delete_run(run.info.run_id)
print(len(client.search_runs([experiment.experiment_id])), [it.name for it in client.search_experiments()])
