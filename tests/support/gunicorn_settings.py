"""What gunicorn is told by file, since it passes over names that it does not know yet."""

control_socket_disable = True  # in the one home that two servers of a test share, they would quarrel about it
