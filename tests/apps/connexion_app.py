"""connexion: routes and checks from an OpenAPI document, ASGI around Flask."""

import os

import connexion

SPEC = {
    "openapi": "3.0.0",
    "info": {"title": "pets", "version": "1"},
    "paths": {
        "/pets/{pet_id}": {"get": {
            "operationId": "connexion_app.get_pet",
            "parameters": [{"name": "pet_id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "responses": {"200": {"description": "a pet"}},
        }},
        "/pets": {"post": {
            "operationId": "connexion_app.add_pet",
            "requestBody": {"required": True, "content": {"application/json": {"schema": {
                "type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}},
            "responses": {"201": {"description": "added"}},
        }},
        "/broken": {"get": {"operationId": "connexion_app.broken", "responses": {"200": {"description": "never"}}}},
    },
}


def get_pet(pet_id):
    return {"id": pet_id, "name": "Rex"} if pet_id < 100 else ({"error": "no such pet"}, 404)


def add_pet(body):
    return {"added": body["name"]}, 201


def broken():
    raise ZeroDivisionError("a secret of the app")


app = connexion.FlaskApp(__name__, specification_dir=os.path.dirname(os.path.abspath(__file__)))
app.add_api(SPEC)
