"""A Flask-AppBuilder app: its own login, a model with pages and a REST API."""

import os

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelRestApi, ModelView
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import Column, Integer, String

app = Flask(__name__)
app.config.update(
    SECRET_KEY="for the tests, and long enough for a signature",
    SQLALCHEMY_DATABASE_URI="sqlite:///" + os.environ["APP_DATABASE"],
    WTF_CSRF_ENABLED=True,
    FAB_API_SWAGGER_UI=True,
    AUTH_TYPE=1,
)
db = SQLA(app)


class Contact(Model):
    __tablename__ = "contact"
    id = Column(Integer, primary_key=True)
    name = Column(String(100), unique=True, nullable=False)
    town = Column(String(100))


class ContactView(ModelView):
    datamodel = SQLAInterface(Contact)
    list_columns = add_columns = edit_columns = ["name", "town"]


class ContactApi(ModelRestApi):
    resource_name = "contact"
    datamodel = SQLAInterface(Contact)


with app.app_context():
    appbuilder = AppBuilder(app, db.session)
    appbuilder.add_view(ContactView, "Contacts")
    appbuilder.add_api(ContactApi)
    db.create_all()
    if not appbuilder.sm.find_user(username="admin"):
        role = appbuilder.sm.find_role("Admin")
        appbuilder.sm.add_user("admin", "Ann", "Admin", "admin@example.com", role, "a password")
