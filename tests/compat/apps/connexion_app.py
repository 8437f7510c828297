"""A connexion app from the OpenAPI document beside it."""

from pathlib import Path

import connexion

PETS = {1: {"id": 1, "name": "Rex"}}


def list_pets(limit=10):
    return list(PETS.values())[:limit]


def add_pet(body):
    pet = {"id": 100, "name": body["name"]}
    return pet, 201


def get_pet(pet_id):
    return PETS.get(pet_id) or connexion.problem(404, "Not Found", "no such pet")


def explode():
    raise RuntimeError("a bug of the app")


made = connexion.FlaskApp(__name__, specification_dir=str(Path(__file__).resolve().parent))
made.add_api("connexion.yaml")
app = made  # version 2 is a WSGI app, version 3 an ASGI app around one
