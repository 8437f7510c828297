"""A Dash app: one input, one output."""

from dash import Dash, Input, Output, dcc, html

dash_app = Dash(__name__)
dash_app.layout = html.Div([dcc.Input(id="name", value="you"), html.Div(id="said")])


@dash_app.callback(Output("said", "children"), Input("name", "value"))
def greet(name):
    if name == "nobody":
        raise ValueError("a bug of the app")
    return f"Hello, {name}!"


app = dash_app.server
