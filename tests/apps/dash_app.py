"""Dash: a page, its layout, its bundles, and a callback."""

from dash import Dash, Input, Output, dcc, html

dash_app = Dash(__name__, url_base_pathname="/board/")
dash_app.layout = html.Div([dcc.Input(id="name", value="you"), html.Div(id="greeting")])
app = dash_app.server


@dash_app.callback(Output("greeting", "children"), Input("name", "value"))
def greet(name):
    return "hello " + name
