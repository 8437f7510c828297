"""Accounts by Flask-Security, forms of Flask-WTF, a client of Authlib with its provider, the API of djoser, and SCIM.

What it makes up itself, as tokens, it adds to the file that ISSUED names.
"""

import os
import secrets

from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, jsonify, redirect, render_template_string, request, session, url_for
from flask_mail import Mail
from flask_security import MailUtil, Security, SQLAlchemyUserDatastore, auth_required
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, PasswordField, StringField
from wtforms.validators import Length
from wtforms.widgets import PasswordInput

CLIENT_SECRET = os.environ["CLIENT_SECRET"]


def issued(secret=None):
    """A secret of the app, written down."""
    secret = secret or secrets.token_urlsafe(24)
    with open(os.environ["ISSUED"], "a") as file:
        file.write(secret + "\n")
    return secret


class Outbox(MailUtil):
    """Mails go nowhere: the link in one is what the client needs."""

    def send_mail(self, template, subject, recipient, sender, body, html, **kwargs):
        with open(os.environ["OUTBOX"], "w") as file:
            file.write(body)


app = Flask(__name__)
app.config.update(
    SECRET_KEY="of the test", SECURITY_PASSWORD_SALT="salt", SQLALCHEMY_DATABASE_URI="sqlite:///" + os.environ["APP_DATABASE"],
    SECURITY_REGISTERABLE=True, SECURITY_CHANGEABLE=True, SECURITY_RECOVERABLE=True, SECURITY_SEND_REGISTER_EMAIL=False,
    SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False, SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL=False, SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
    SECURITY_PASSWORD_HASH="pbkdf2_sha512", SECURITY_PASSWORD_SINGLE_HASH=["pbkdf2_sha512"], SECURITY_PASSWORD_SCHEMES=["pbkdf2_sha512"], SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
)
db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)
Mail(app)


class Role(db.Model, fsqla.FsRoleMixin):
    pass


class User(db.Model, fsqla.FsUserMixin):
    pass


Security(app, SQLAlchemyUserDatastore(db, User, Role), mail_util_cls=Outbox)
with app.app_context():
    db.create_all()


@app.route("/")
def index():
    return "here"


@app.route("/account")
@auth_required("token", "session")
def account():
    return jsonify(ok=True)


# -- Flask-WTF: a prefix, and forms in a list

class Member(Form):
    name = StringField()
    password = PasswordField(validators=[Length(min=50)], widget=PasswordInput(hide_value=False))


class SignIn(FlaskForm):
    username = StringField()
    password = PasswordField(widget=PasswordInput(hide_value=False))
    members = FieldList(FormField(Member), min_entries=2)


@app.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    form = SignIn(prefix="signin")
    form.validate_on_submit()
    shown = "{{ form.csrf_token }}{{ form.username }}{{ form.password }}{% for m in form.members %}{{ m.password }}{% endfor %}{{ form.errors }}"
    return render_template_string("<form method=post>" + shown + "</form>", form=form)


# -- what Django and djoser ask for

@app.route("/admin/password_change/", methods=["POST"])
def password_change():
    return Response("<ul class=errorlist><li>%s</li></ul>" % request.form.to_dict(), content_type="text/html")


@app.route("/auth/<path:rest>", methods=["POST"])
def djoser(rest):
    answers = {
        "jwt/create/": lambda: {"refresh": issued(), "access": issued()}, "token/login/": lambda: {"auth_token": issued()},
        "login/": lambda: {"key": issued(secrets.token_hex(20))},
    }
    return jsonify(answers.get(rest, lambda: {"errors": [{"loc": [name], "input": value} for name, value in request.json.items()]})())


# -- a provider of OAuth, and its client

@app.route("/provider/authorize")
def authorize():
    code = issued()
    return redirect("%s?code=%s&state=%s" % (request.args["redirect_uri"], code, request.args["state"]))


@app.route("/provider/token", methods=["POST"])
def token():
    if request.authorization is not None:
        assert request.authorization.password == CLIENT_SECRET
    return jsonify(access_token=issued(), refresh_token=issued(), token_type="Bearer", expires_in=3600, scope="profile")


@app.route("/provider/me")
def me():
    return jsonify(name="ann", token_type=request.headers["Authorization"].split()[0])


@app.route("/provider/<any(introspect, revoke):action>", methods=["POST"])
def about_token(action):
    return jsonify(active=True, token=request.form["token"])


oauth = OAuth(app)


@app.route("/oauth/login")
def oauth_login():
    own = request.host_url.rstrip("/")
    oauth.register(
        "provider", client_id="the-client", client_secret=CLIENT_SECRET, authorize_url=own + "/provider/authorize",
        access_token_url=own + "/provider/token", api_base_url=own + "/provider/", overwrite=True,
        client_kwargs={"scope": "profile", "code_challenge_method": "S256"},
    )
    return oauth.provider.authorize_redirect(url_for("oauth_callback", _external=True))


@app.route("/oauth/callback")
def oauth_callback():
    token = oauth.provider.authorize_access_token()
    session["token"] = token["access_token"]
    return jsonify(token=token, user=oauth.provider.get("me", token=token).json())


# -- SCIM

@app.route("/scim/v2/Users", methods=["POST"])
@app.route("/scim/v2/Users/<id>", methods=["PUT", "PATCH"])
def scim(id="1"):
    sent = request.get_json(force=True)
    answer = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "userName": "ann", "meta": {"resourceType": "User"}}
    if request.method == "PATCH":
        answer = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": repr(sent)}
    return Response(jsonify(answer).data, status=201 if request.method == "POST" else 400 if request.method == "PATCH" else 200, content_type="application/scim+json")
