"""Flask-Admin over one SQLAlchemy model."""

import os

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config.update(SECRET_KEY="for the tests", SQLALCHEMY_DATABASE_URI="sqlite:///" + os.environ["APP_DATABASE"])
db = SQLAlchemy(app)


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(100), nullable=False)


with app.app_context():
    db.create_all()

Admin(app, name="books").add_view(ModelView(Book, db.session))
