"""The shop's tables, and one connection per request."""

import os
import sqlite3

from flask import current_app, g
from werkzeug.security import generate_password_hash

SCHEMA = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY, username TEXT UNIQUE NOT NULL, email TEXT UNIQUE NOT NULL, phone TEXT,
    password TEXT NOT NULL, is_admin INTEGER NOT NULL DEFAULT 0);
CREATE TABLE tokens (token TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL, stock INTEGER NOT NULL DEFAULT 0,
    tags TEXT NOT NULL DEFAULT '', image BLOB, image_type TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, address TEXT NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE lines (order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,
    product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, price REAL NOT NULL);
"""
USERS = (
    ("alice", "alice@example.com", "+49 151 23456789", "wonderland", 0),
    ("bob", "bob@example.com", "+1 415 555 2671", "builder", 0),
    ("root", "root@example.com", None, "toor", 1),
)
PRODUCTS = (
    ("Teapot", 24.5, 12, "kitchen,tea"),
    ("Kettle", 39.0, 3, "kitchen,tea"),
    ("Bread knife", 17.25, 40, "kitchen"),
    ("Desk lamp", 54.0, 7, "office"),
    ("Fountain pen – blue", 31.9, 0, "office,writing"),
)


def prepare(path):
    """Make and fill the file, unless it is there; several workers may come at once."""
    if os.path.exists(path):
        return
    draft = f"{path}.{os.getpid()}"
    with sqlite3.connect(draft) as fresh:
        fresh.executescript(SCHEMA)
        hashed = [
            (name, email, phone, generate_password_hash(password, "pbkdf2:sha256:1000"), is_admin)
            for name, email, phone, password, is_admin in USERS
        ]
        fresh.executemany(
            "INSERT INTO users (username, email, phone, password, is_admin) VALUES (?, ?, ?, ?, ?)", hashed
        )
        fresh.executemany("INSERT INTO products (name, price, stock, tags) VALUES (?, ?, ?, ?)", PRODUCTS)
    fresh.close()
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    os.unlink(draft)


def connection():
    """This request's connection; rows read as mappings."""
    if "database" not in g:
        g.database = sqlite3.connect(current_app.config["DATABASE"], timeout=10)
        g.database.row_factory = sqlite3.Row
        g.database.execute("PRAGMA foreign_keys = ON")
    return g.database


def close(_error=None):
    """End this request's connection, where it had one."""
    open_one = g.pop("database", None)
    if open_one is not None:
        open_one.close()


def rows(query, *values):
    """All rows of a SELECT."""
    return connection().execute(query, values).fetchall()


def row(query, *values):
    """The first row of a SELECT, or None."""
    return connection().execute(query, values).fetchone()


def change(query, *values):
    """One statement that writes, committed; its cursor."""
    with connection() as transaction:
        return transaction.execute(query, values)
