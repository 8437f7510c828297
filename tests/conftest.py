"""What no test wants to inherit from whoever started the run."""

import signal

# What a shell starts in its background ignores ^C, and every process that is started from there would too.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
