"""Where the quick look says that nothing is there, no rule masks anything."""

import itertools
import json

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from metlo_auto.redact import (  # noqa: E402
    Redactor,  # noqa: E402
    rules,
    secret_values,
)
from metlo_auto.redact.names import unescaped_letters  # noqa: E402

from .corpus import EXPECTED  # noqa: E402
from .exchanges import spelt  # noqa: E402

LETTERS = [letters for letters, _, _ in (*rules.needles(), *secret_values.NEEDLES)]
SCRAPS = [
    *LETTERS, *rules.OTHER_PASSWORDS, *[begin for begin, _ in secret_values.KEYS], "PRIVATE", "-----BEGIN RSA PRIVATE KEY-----", "code=", "state=", "@", "//", "https://",
    "x", "X", "-", "_", "1", ".", ":", "=", '"', "'", "[", "]", "{", "}", "<", ">", "&", "%", "%3D", "\\", "\\n", "\\x22", "\\u0070", "&quot;", " ", "\n", ",", "/", "?", "é", "ſ",
    "\u212a", "İ", "name", "value", "key", "path", "Bearer ", "AbCdEfGh12345678", "machine ", "login ", "kind: Secret", "data:", "grant_type", "=== null", "ß", "٣", "set ", "requirepass ", " LOGIN ", "a1", ":*:", "AUTH PLAIN ", "Your code is ", "your code", "YOUR CODE: ", "483920",
    " is your ", "One-Time code ", "Verification Code", "*:*:*:a:", "&t=0123456789abcdef0123456789abcdef&s=ab", "appid=", "0123456789abcdef" * 2, "p=enc:", "vault login ", "community ", "ldapsearch x -w ",
    "db:5432:shop:ann:x", "\ndb:6432:a:b:c d\n", "\\n", "432:", "podman login -p ", "sqlplus a/b", "openssl enc -k ", "xfreerdp /p:", "radius-server host h key ", "key-string ", "NickServ IDENTIFY ann ", "AUTH ann 1", ': EAP "', "kinit <<< ",
    "echo ann:x | chpasswd", "-storepass ", " -token ", "tokens = tokenizer.encode(", "params", "args", "method", "login", "<methodName>login</methodName>", "<value>", "</params>", "<IDAuthentication>", "<Authentication><Value>x", "wpa_passphrase a ", "ConvertTo-SecureString ", "--with-token <<< ",
    "AUTH\r\n$4\r\nab12\r\n", "requirepass\n$3\nabc", "\\n$3\\n", "APOP ann a1b2c3d4", "ann * a1b2c3 *\n", "\nsmtp.x.de ann:a1b2", "{SSHA}", "sp_password NULL, 'a'", "aes_decrypt(x, 'a", "PRAGMA key = 'a", "attach 'a' as b key 'c",
    "password from 'a", "db.auth('a', 'b", "message-digest-key 1 md5 ab", "stats auth ann:a", "ACL SETUSER a on >a", "user ann pass a1b2", "grub.pbkdf2.sha512.10.abcdefgh", "rootpw --iscrypted abcd", "snmp-server user a auth sha a1b2", "md5" + "0123456789abcdef" * 2,
    "SCRAM-SHA-256$4096:ab$abcd", "LPA:1$h$abcd", "com2sec a b c1", "mariadb -u a -pb", "unrar x -pb", "ssh-keygen -N b", "security unlock-keychain -p b", "rpcclient -U a%b", "pdftk a input_pw b", "valkey-cli -a b", "hdbsql -p b", "useradd -p b", "swaks -ap b", "pragma rekey = 'a", "sentinel auth-pass a b", "Passwort lautet: a1b2", "mot de passe est a1b2", "\nenable password a1b2c3", " ENC ", " cipher ", "RequestHeader set ", '{"method": "encryptwallet", "params": ["a"]}', '"dataDescriptor": 1, "dataValue": "x"', '"imsi": 1, "ki": "x"',
    '"reset": 1, "migrate": 2, "key": "x"', '"metadata": {"destroyed": 1}', '"root_token": 1, "keys": ["x"]', '"resume"', "fs.azure.account.key.x=", "postgresql('a', 'b', 'c', 'd', 'e", ", <<", " . ",
    "x" * 1000,
]
KINDS = ["json", "form", "multipart", "ndjson", "xml", "graphql", "text", ""]
texts = st.lists(st.one_of(st.sampled_from(SCRAPS), st.sampled_from(LETTERS).map(str.upper), st.sampled_from(LETTERS).map(str.title)), max_size=8).map("".join)


@pytest.fixture(scope="module")
def redactor():
    return Redactor("an API key", fields=["größe", "tax number", "2nd"])


@settings(max_examples=600)
@given(texts, st.sampled_from(KINDS))
def test_what_is_not_mentioned_is_not_masked(redactor, text, kind):
    if not redactor.mentions(text):
        same = text.encode("utf-8", "replace").decode()
        left = redactor.body(text, kind, "multipart/form-data; boundary=x", mentions=True)
        assert left in (text, same, unescaped_letters(same))


@settings(max_examples=300)
@given(st.dictionaries(texts, st.one_of(texts, st.integers(), st.lists(texts, max_size=2)), max_size=3))
def test_what_is_not_mentioned_in_json_is_not_masked(redactor, document):
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False)):
        if not redactor.mentions(text):
            assert redactor.body(text, "json", mentions=True) == text


WORDS = ["".join(chars) for chars in itertools.product("bdfglmr", "aeou", "bdfglmr", "aeou")]
TABLE = "\n".join(",".join([first, second, "7"]) for first, second in zip(WORDS, WORDS[::-1]))
SECRETS = [text for place, text in EXPECTED if place in ("text", "yaml", "html", "text/csv")]


@settings(max_examples=300)
@given(st.one_of(texts, st.sampled_from(SECRETS).map(spelt)), st.booleans(), st.sampled_from(["", "text/csv"]))
def test_what_is_not_mentioned_in_a_long_text_is_not_masked(redactor, text, repeated, content_type):
    rows = "1,Ada,London\n" * 900 if repeated else TABLE
    whole = rows[: len(rows) // 2] + "\n" + text + "\n" + rows[len(rows) // 2 :]
    if not redactor.mentions(whole):
        same = whole.encode("utf-8", "replace").decode()
        assert redactor.body(whole, "text", content_type, mentions=True) in (whole, same, unescaped_letters(same))


@pytest.mark.parametrize("secret", ["ghp_" + "a1" * 9, "xoxb-" + "a1" * 5, "AKIA" + "AB" * 8, "eyJhbGciOi.", "BEARER abcdefgh", "-----BEGIN RSA PRIVATE KEY-----\nMII", "machine a login b password c"])
def test_a_credential_in_a_long_table_is_mentioned(redactor, secret):
    assert len(TABLE) > 5000 and not redactor.mentions(TABLE)
    assert redactor.mentions(TABLE + "\n" + secret + ",x\n" + TABLE)


@settings(max_examples=400)
@given(texts)
def test_a_name_with_a_rule_is_mentioned_wherever_it_stands(redactor, name):
    if redactor.is_secret(name):
        for text in (name + "=1", "a " + name + ": 1", json.dumps({name: 1})):
            assert redactor.mentions(text)


OTHER_SCRAPS = [*rules.OTHER_PASSWORDS, *"ßςσΣİıKſéй密😀", "k", "i", "s", "f", "_", " ", "x", "ifre", "t_kh", "\u0307", "\ud800"]
other_texts = st.lists(st.one_of(
    st.sampled_from(OTHER_SCRAPS), st.sampled_from(rules.OTHER_PASSWORDS).map(str.upper), st.sampled_from(rules.OTHER_PASSWORDS).map(str.title),
    st.sampled_from(rules.OTHER_PASSWORDS).flatmap(lambda word: st.integers(0, len(word)).map(lambda at: word[:at] + " " + word[at:])),
), max_size=6).map("".join)  # fmt: skip


@settings(max_examples=800)
@given(other_texts)
def test_words_in_other_letters_are_found_wherever_they_stand_in_lower_case(redactor, text):
    said = any(word in text.lower() for word in rules.OTHER_PASSWORDS)
    assert rules.says_other_password(text) is said
    if said:
        assert redactor.mentions(text + "=1")


def test_a_word_in_other_letters_is_found_after_texts_with_the_same_other_letters(redactor):
    for text in ("ş, if, re: 1", "ş=1", "µ ậ-ẩ=1" * 2):
        assert not redactor.mentions(text)
    assert redactor.mentions("şifre=1") and redactor.mentions("ŞIFRE ŞiFRE=1") and redactor.mentions("mật_Khẩu=1")
