"""gunicorn's side of a measurement: tells its port, gives the app its worker, which counts requests."""

import json
import os

loglevel = "warning"
backlog = 1024
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None


def when_ready(server):
    port = server.LISTENERS[0].sock.getsockname()[1]
    path = os.environ["BENCH_READY"]
    with open(path + ".new", "w") as file:
        json.dump({"port": port, "pid": os.getpid()}, file)
    os.replace(path + ".new", path)


def post_fork(server, worker):
    if "BENCH_STEPS" in os.environ:
        import steps

        worker.write_steps = steps.install()


def post_worker_init(worker):
    import bench_app

    bench_app.app.config["WORKER"] = worker


def worker_exit(server, worker):
    if "BENCH_STEPS" in os.environ:
        worker.write_steps()
