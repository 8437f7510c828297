"""What the documents say is of no one Python: they are held by one that the collector runs on."""

import sys

collect_ignore_glob = ["test_*.py"] if sys.version_info < (3, 9) else []
