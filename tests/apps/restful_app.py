"""Flask-RESTful: resources, its own error answers, marshalling, a request parser."""

from flask import Flask
from flask_restful import Api, Resource, abort, fields, marshal_with, reqparse

app = Flask(__name__)
api = Api(app, prefix="/api")
parser = reqparse.RequestParser()
parser.add_argument("task", type=str, required=True, location="json")


class Todo(Resource):
    @marshal_with({"id": fields.Integer, "task": fields.String})
    def get(self, todo_id):
        if todo_id == 404:
            abort(404, message="no such todo")
        return {"id": todo_id, "task": "write", "hidden": 1}

    def put(self, todo_id):
        return {"id": todo_id, "task": parser.parse_args()["task"]}, 201, {"X-Kind": "todo"}

    def delete(self, todo_id):
        raise ZeroDivisionError("a secret of the app")


api.add_resource(Todo, "/todos/<int:todo_id>", "/tasks/<int:todo_id>", endpoint="todo")
