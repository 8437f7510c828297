"""Works through the queues of many endpoints at once: each in its turn, one at a time of each."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable, Deque, Generic, Optional, Sequence, TypeVar

Owner = TypeVar("Owner")
Task = TypeVar("Task")
WORKERS = 8


class Turns(Generic[Owner, Task]):
    """Queues of tasks, each with its owner. An owner whose task takes long keeps one worker, and nobody else waits."""

    def __init__(self, queues: "Sequence[tuple[Owner, Sequence[Task]]]", work: "Callable[[Owner, Task], Any]") -> None:
        self._ready: "Deque[tuple[Owner, Deque[Task]]]" = deque(
            (owner, deque(tasks)) for owner, tasks in queues if tasks
        )
        self._left = sum(len(tasks) for _, tasks in queues)
        self.total = self._left
        self._work = work
        self._changed = threading.Condition()
        self._stopped = False
        self._failed: Optional[BaseException] = None

    @property
    def done(self) -> int:
        return self.total - self._left

    def stop(self) -> None:
        """Begin no further task."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def run(self, look: Callable[[], None], workers: int = WORKERS) -> None:
        """Until all is done or stopped; calls `look` a few times a second. Raises what a task raised."""
        threads = [
            threading.Thread(target=self._loop, daemon=True) for _ in range(min(workers, max(1, len(self._ready))))
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                threads[0].join(0.2)
                for thread in threads[1:]:
                    thread.join(0.001)
                look()
        finally:
            self.stop()
        if self._failed is not None:
            raise self._failed

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._ready and self._left and not self._stopped:
                    self._changed.wait(0.5)
                if self._stopped or not self._left:
                    self._changed.notify_all()
                    return
                owner, tasks = self._ready.popleft()
                task = tasks.popleft()
            self._do(owner, task)
            with self._changed:
                self._left -= 1
                if tasks:
                    self._ready.append((owner, tasks))
                self._changed.notify_all()

    def _do(self, owner: Owner, task: Task) -> None:
        try:
            self._work(owner, task)
        except BaseException as error:  # noqa: BLE001  # raised again where the run was started
            self._failed = self._failed or error
            self.stop()
