"""Strategies that hide a canary under a secret name, and names in every spelling."""

from hypothesis import strategies as st

CANARY = "QjXcanaryXqZ"
NAMES = [
    "password", "passwd", "pwd", "new_password", "secret", "client_secret", "private_key", "pin", "otp", "cvv",
    "security_answer", "token", "access_token", "refresh-token", "api_key", "x-api-key", "session_id", "csrf_token",
    "authorization", "jwt",
]


@st.composite
def spelled(draw, names=NAMES):
    """A secret name with any case, and `-` and `_` put in or left out."""
    name = draw(st.sampled_from(names)).replace("-", "").replace("_", "")
    separators = draw(st.lists(st.sampled_from(["", "", "", "-", "_"]), min_size=len(name), max_size=len(name)))
    upper = draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    letters = [letter.upper() if up else letter for letter, up in zip(name, upper)]
    return letters[0] + "".join(separator + letter for separator, letter in zip(separators, letters[1:]))


_texts = st.text(max_size=10)


@st.composite
def holding(draw, text=_texts):
    """Any text with the canary somewhere in it."""
    return draw(text) + CANARY + draw(text)


plain_names = st.text(alphabet="abcxyz ", min_size=1, max_size=6).map(lambda name: "f" + name)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12))
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(plain_names, inner, max_size=4)),
    max_leaves=12,
)
secret_values = st.recursive(
    holding(),
    lambda inner: st.one_of(
        st.tuples(st.lists(scalars, max_size=2), inner, st.lists(scalars, max_size=2)).map(
            lambda parts: parts[0] + [parts[1]] + parts[2]
        ),
        st.tuples(st.dictionaries(plain_names, scalars, max_size=2), inner).map(lambda parts: dict(parts[0], key=parts[1])),
    ),
    max_leaves=4,
)


@st.composite
def documents_with_secrets(draw):
    """A JSON document with a secret member somewhere inside."""
    value = {draw(spelled()): draw(secret_values)}
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            value = draw(st.lists(documents, max_size=2)) + [value] + draw(st.lists(documents, max_size=2))
        else:
            around = draw(st.dictionaries(plain_names, documents, max_size=3))
            value = dict(around, **{draw(plain_names): value})
    return value
