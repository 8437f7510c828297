"""Pieces that, repeated, have driven scanners like ours into quadratic time; each says a secret name, so that it is searched."""

PIECES = {
    "opened quotes": '"password',
    "keys without values": '"password":',
    "keys without end": '"password":"\\',
    "escaped quotes": '\\"password\\":\\"',
    "escaped escapes": "\\\\\\\\password",
    "only backslashes after a name": "\\",
    "opened brackets": '{"token":[',
    "opened lists": '[',
    "names": "password ",
    "dotted names": "password.",
    "bracketed names": "user[password]",
    "names and signs": "password=",
    "names and colons": "password:",
    "names and space": "password          ",
    "space": " ",
    "letters": "a",
    "digits": "1",
    "ampersands": "&password=a",
    "pairs without end": "password=&x",
    "percent": "%70assword=",
    "percent runs": "%41,(",
    "deep percent": "%2525252570",
    "escaped letters": "\\u0070assword",
    "opened tags": "<password>",
    "opened tags with a space": "<password ",
    "opened attributes": '<input name="password" ',
    "attributes without tags": 'name="token"',
    "angle brackets": "<<<password",
    "single quotes": "password='",
    "backticks": "password=`",
    "block quotes": 'password: """',
    "graphql": "($password: String = ",
    "lines": "password:\n",
    "indented lines": "password:\n  ",
    "delimiters": '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n',
    "part heads": 'name="',
    "blank lines": "\r\n\r\n",
    "cookies": "a=b;password=c;",
    "urls": "https://user:password@host/?token=",
    "queries in queries": "?token%3D",
}
KINDS = ["json", "form", "multipart", "ndjson", "xml", "graphql", "text"]


def grown(piece, size):
    """`size` characters of it, with a name before it and in the middle, so that no cheap test sends it home."""
    half = piece * (size // 2 // len(piece) + 1)
    return half + " token" + half + ' "password": 1'
