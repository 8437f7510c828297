"""OpenAPI 3.1 from the inventory, and the differences between it and a document that someone keeps."""

from __future__ import annotations

from metlo_auto.collector.openapi.comparison import Difference as Difference
from metlo_auto.collector.openapi.comparison import differences as differences
from metlo_auto.collector.openapi.document import TITLE as TITLE
from metlo_auto.collector.openapi.document import as_json as as_json
from metlo_auto.collector.openapi.document import as_yaml as as_yaml
from metlo_auto.collector.openapi.document import make_document as make_document
from metlo_auto.collector.openapi.document import never_called as never_called
from metlo_auto.collector.openapi.document import read_operations as read_operations
from metlo_auto.collector.openapi.pieces import beginning as beginning
from metlo_auto.collector.openapi.pieces import document_pieces as document_pieces
from metlo_auto.collector.openapi.pieces import is_small as is_small
from metlo_auto.collector.openapi.reading import Unreadable as Unreadable
from metlo_auto.collector.openapi.reading import read_document as read_document
