from quart import Quart, jsonify, request

app = Quart(__name__)


@app.route("/echo/<name>", methods=["POST"])
async def echo(name):
    return jsonify(name=name, body=await request.get_json())
