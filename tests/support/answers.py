"""What a client really gets, raw enough to compare two servers; knows HTTP, not what is served."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple


class Asked(NamedTuple):
    """One request; `body` may be bytes, or a list of bytes that goes out chunked."""

    method: str
    path: str
    headers: Dict[str, str] = {}
    body: object = None


class Answer(NamedTuple):
    """One answer, Date left out: two servers cannot agree on it."""

    status: int
    reason: str
    headers: Sequence[Tuple[str, str]]
    body: Optional[bytes]  # None where the server broke it off


def ask(connection: http.client.HTTPConnection, asked: Asked) -> Answer:
    """Send one request on a connection and read its answer to the end."""
    connection.request(asked.method, asked.path, asked.body, asked.headers)  # type: ignore[arg-type]
    response = connection.getresponse()
    headers = [(name, value) for name, value in response.getheaders() if name.lower() != "date"]
    try:
        body: Optional[bytes] = response.read()
    except http.client.HTTPException:
        body = None
        connection.close()
    return Answer(response.status, response.reason, headers, body)


def ask_all(port: int, asked: Sequence[Asked], connections: int = 4) -> List[Answer]:
    """The answers in the order of `asked`, which goes over some kept-alive connections at once."""

    def one_connection(number: int) -> List[Answer]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            return [ask(connection, request) for request in asked[number::connections]]
        finally:
            connection.close()

    answers: List[Optional[Answer]] = [None] * len(asked)
    with ThreadPoolExecutor(connections) as pool:
        for number, some in enumerate(pool.map(one_connection, range(connections))):
            answers[number::connections] = some
    return answers  # type: ignore[return-value]
