"""A product's picture: multipart upload, binary download."""

import io

from flask import Blueprint, abort, jsonify, request, send_file

from .accounts import login_required
from .catalogue import existing
from .database import change, row

blueprint = Blueprint("images", __name__)


@blueprint.route("/products/<int:product_id>/image", methods=["POST"])
@login_required
def upload(product_id):
    existing(product_id)
    picture = request.files.get("image")
    if picture is None or not (picture.mimetype or "").startswith("image/"):
        abort(415, "send one image in the field 'image'")
    data = picture.read()
    change("UPDATE products SET image = ?, image_type = ? WHERE id = ?", data, picture.mimetype, product_id)
    return jsonify(name=picture.filename, size=len(data), caption=request.form.get("caption")), 201


@blueprint.route("/products/<int:product_id>/image")
def download(product_id):
    product = row("SELECT image, image_type FROM products WHERE id = ?", product_id)
    if product is None or product["image"] is None:
        abort(404, "no picture of it")
    return send_file(io.BytesIO(product["image"]), mimetype=product["image_type"])
