"""The shop for WSGI servers: `flask run`, `gunicorn app:app`, `python app.py`."""

from shop import create_app

app = create_app()

if __name__ == "__main__":
    app.run()
