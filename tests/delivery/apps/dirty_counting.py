"""What gunicorn's dirty workers, processes beside those for HTTP, are asked to run; no Flask app."""

from gunicorn.dirty.app import DirtyApp


class Adder(DirtyApp):
    def __call__(self, action, *args, **named):
        return sum(args)
