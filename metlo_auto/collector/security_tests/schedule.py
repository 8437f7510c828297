"""Works through the queues of many endpoints at once: each in its turn, one at a time of each."""

from __future__ import annotations

import threading
from collections import deque
from queue import SimpleQueue
from typing import Any, Callable, Deque, Generic, Optional, Sequence, TypeVar

Owner = TypeVar("Owner")
Task = TypeVar("Task")
WORKERS = 8


class Turns(Generic[Owner, Task]):
    """Queues of tasks, each with its owner. An owner whose task takes long keeps one worker, and nobody else waits."""

    def __init__(self, queues: "Sequence[tuple[Owner, Sequence[Task]]]", work: "Callable[[Owner, Task], Any]") -> None:
        self._ready: "SimpleQueue[Optional[tuple[Owner, Deque[Task]]]]" = SimpleQueue()  # None: there is no more
        self._owners = 0
        for owner, tasks in queues:
            if tasks:
                self._ready.put((owner, deque(tasks)))
                self._owners += 1
        self._left = self.total = sum(len(tasks) for _, tasks in queues)
        self._work = work
        self._lock = threading.Lock()
        self._stopped = False
        self._failed: Optional[BaseException] = None

    @property
    def done(self) -> int:
        return self.total - self._left

    def stop(self) -> None:
        """Begin no further task."""
        self._stopped = True
        self._ready.put(None)

    def run(self, look: Callable[[], None], workers: int = WORKERS) -> None:
        """Until all is done or stopped; calls `look` a few times a second. Raises what a task raised."""
        threads = [threading.Thread(target=self._loop, daemon=True) for _ in range(min(workers, self._owners))]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
                    look()
        finally:
            self.stop()
        if self._failed is not None:
            raise self._failed

    def _loop(self) -> None:
        while True:
            found = self._ready.get()
            if found is None or self._stopped:
                self._ready.put(None)  # for the next worker
                return
            owner, tasks = found
            self._do(owner, tasks.popleft())
            if tasks:
                self._ready.put(found)
            with self._lock:
                self._left -= 1
                is_last = not self._left
            if is_last:
                self._ready.put(None)

    def _do(self, owner: Owner, task: Task) -> None:
        try:
            self._work(owner, task)
        except BaseException as error:  # noqa: BLE001  # raised again where the run was started
            self._failed = self._failed or error
            self.stop()
