"""Where real protocols and products carry credentials, and what looks like one and is none; `§` is the secret.

Each case is (place, text). Places: `header NAME`, `answer NAME` (a header of the response), `query`, a kind of body (`json`, `form`,
`multipart`, `xml`, `html`, `ndjson`, `graphql`, `text`, `yaml`, or a media type), and `route RULE` (the text is the path).
"""

import base64
import json

from . import corpus_elsewhere, corpus_long_tail, corpus_platforms, corpus_products, corpus_services

S = "Zq8xCanary3Kf0w"
JWT = ".".join([base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("="),
                base64.urlsafe_b64encode(('{"sub":"%s"}' % S).encode()).decode().rstrip("="), "Zq8xCanary3Kf0wSignature"])


def each(place, template, names):
    return [(place, template.replace("N", name)) for name in names.split()]


# What a header, a field, a parameter or an argument is called.
HEADERS = [("header " + name, "§") for name in ["Authorization", "X-Api-Key", "X-Auth-Token", "X-Access-Token", "X-CSRF-Token", "X-XSRF-TOKEN", "Api-Key", "X-Amz-Security-Token", "X-Goog-Api-Key", "X-Vault-Token", "Private-Token", "Job-Token", "X-Gitlab-Token", "X-Shopify-Access-Token", "Ocp-Apim-Subscription-Key", "X-Functions-Key", "X-Forwarded-Access-Token", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Accesstoken", "Cf-Access-Jwt-Assertion", "Cf-Access-Client-Secret", "X-Goog-Iap-Jwt-Assertion", "X-Ms-Token-Aad-Access-Token", "X-Ms-Token-Aad-Id-Token", "X-Serverless-Authorization", "X-Auth-Request-Access-Token", "X-Parse-Session-Token", "X-Parse-REST-API-Key", "X-Rapidapi-Key", "Dd-Api-Key", "X-Figma-Token", "X-Plex-Token", "X-Subject-Token", "X-Storage-Token", "X-Aws-Ec2-Metadata-Token", "X-Auth-Key", "X-Auth-Secret", "Stripe-Signature", "X-Hub-Signature-256", "X-Slack-Signature", "X-Twilio-Signature", "X-Line-Signature", "X-Shopify-Hmac-Sha256", "Paypal-Transmission-Sig", "X-Trackertoken", "X-Consul-Token", "X-Client-Secret", "X-Otp", "X-Github-Otp", "X-User-Password", "Dpop", "Aeg-Sas-Key", "Aeg-Sas-Token", "X-Identity-Token", "X-Session-Id", "X-Forwarded-Authorization", "X-Authorization", "Proxy-Authorization", "X-Ms-Authorization-Auxiliary", "X-Webhook-Secret", "X-Okta-User-Token", "X-Algolia-Api-Key"]]
FIELD_NAMES = """
    password new_password new_password1 new_password2 old_password re_new_password current_password new_password_confirm password_confirm
    password_confirmation passwordConfirm confirmPassword signin-password login-password members-0-password users_0_password1
    userPassword db_password DB_PASSWORD SMTP_PASS dbPass passwd pwd user_pwd passphrase keyPassphrase passcode
    senha contrasena kennwort passwort motDePasse mot_de_passe mdp wachtwoord salasana losenord heslo haslo jelszo lozinka sifre kata_sandi parola
    token access_token refreshToken id_token id_token_hint oauth_token oauth_token_secret oauth_verifier_token csrf_token csrfmiddlewaretoken authenticity_token
    __RequestVerificationToken _csrf xsrfToken api_key apiKey OPENAI_API_KEY STRIPE_SECRET_KEY AWS_SECRET_ACCESS_KEY secretAccessKey SessionToken
    AccountKey SharedAccessKey SharedAccessSignature client_secret clientSecret consumer_secret app_secret signing_secret webhookSecret
    client_assertion assertion SAMLResponse jwt user_jwt otp totp otp_code mfa_code two_factor_code verification_code security_code recovery_code
    backup_codes cvv cvc cvv2 card_cvv security_answer secret_answer private_key privateKey private_key_pem ssh_private_key encryption_key master_key
    session_id sessionid sessid JSESSIONID auth_key authkey authToken bot_token device_token deviceCode code_verifier device_code user_code
    subscription_key licenseKey mnemonic seed_phrase signature hmac x-amz-signature X-Goog-Signature sig logout_token registration_access_token
    vault_token github_token slackToken personal_access_token deploy_key service_key _authToken _password amp;token
"""
JSON_FIELDS = each("json", '{"id": 7, "N": "§"}', FIELD_NAMES)
FORM_FIELDS = each("form", "a=1&N=§&b=2", FIELD_NAMES)
DEEP_FIELDS = each("json", '{"data": [{"attributes": {"N": "§"}}]}', "@password wsse:Password ctl00$Password loginForm:password user.password user[password] "
                   "spring.datasource.password aws_secret_access_key $token")
QUERIES = each("query", "page=2&N=§", """
    token access_token api_key apikey key_token sig signature X-Amz-Signature X-Amz-Security-Token X-Goog-Signature password reset_token
    confirmation_token magic_token auth_token jwt id_token session_id user[password] login.password invite_token unsubscribe_token code_verifier
    client_secret subscription-key hmac assertion SAMLResponse id_token_hint oauth_signature
""")
NAMES = HEADERS + JSON_FIELDS + FORM_FIELDS + DEEP_FIELDS + QUERIES

# Known by their own form, under any name.
KEYS = ["ghp_" + S + "0123456789abcdefghi", "github_pat_11ABCDEFG0" + S + "abcdefghij", "glpat-" + S + "abcd_12", "xoxb-123456789012-" + S,
        "sk_live_" + S + "ABCDEFG", "rk_test_" + S + "ABCDEFG", "sk-proj-" + S + "ABCDEFG_hij", "sk-ant-api03-" + S + "ABCDEFG", "AIza" + S + "0123456789abcdefghij",
        "ya29.a0" + S + "ABCDEFG", "GOCSPX-" + S + "0123456789abc", "SG." + S + "0123456.ABCDEFGHIJ0123456789", "npm_" + S + "0123456789abcdefghijk",
        "hvs." + S + "0123456789", "whsec_" + S + "0123456789", "glrt-" + S + "abcd_12", "xapp-1-" + S + "-123", "tskey-auth-" + S + "-0123456789",
        "dckr_pat_" + S + "0123456789", "pypi-AgEIcHlwaS5vcmc" + S + "0123456789abcdef", JWT, "hf_" + S + "0123456789abcdefghijk", "EAAC" + S + "0123456789abcdefghijk"]
BY_FORM = [(place, text % key) for key in KEYS for place, text in [
    ("json", '{"note": "%s"}'), ("query", "q=%s&a=1"), ("header X-Custom", "%s"), ("text", "the value is %s.")]]
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE%s\nabc%s=\n-----END RSA PRIVATE KEY-----\n" % (S, S)
BY_FORM += [
    ("text", PEM), ("json", json.dumps({"note": PEM})), ("form", "cert=" + PEM.replace("\n", "%0A").replace(" ", "+")), ("yaml", "tls:\n  k: |\n    " + PEM.replace("\n", "\n    ")),
    ("application/jwt", JWT), ("application/secevent+jwt", "opaque-§"), ("application/x-pem-file", "MII§"), ("application/pkcs8", "AAAA§"),
    ("json", '{"u": "postgres://app:§@db:5432/x"}'), ("json", '{"u": "redis://:§@cache:6379/0"}'), ("json", '{"u": "amqp:\\/\\/u:§@mq\\/v"}'),
    ("json", '{"u": "https://§@github.com/o/r.git"}'), ("json", '{"u": "mongodb+srv://u:p@§@h/x"}'), ("text", "cloned from https://oauth2:§@gitlab.com/a/b.git"),
    ("yaml", "url: mysql+pymysql://root:§@localhost/db"), ("header X-Repo", "//u:§@h/x"), ("query", "next=https%3A%2F%2Fu%3A§%40h%2F"), ("form", "dsn=https://§@sentry.io/1"),
    ("header X-Upstream-Auth", "Bearer §"), ("answer X-Debug", "sent Bearer § to upstream"), ("json", '{"curl": "curl -H \'Authorization: Bearer §\' https://x"}'),
]

# Other places of an exchange.
PLACES = [
    ("route /reset/<token>", "/reset/§"), ("route /reset/<token>/", "/reset/§/"), ("route /a/<string(length=15):api_key>/b", "/a/§/b"),
    ("route /<path:access_token>", "/x/§"), ("route /u/<int:uid>/k/<secret>", "/u/12/k/§"), ("route /fetch/<path:url>", "/fetch/https://h/x?access_token=§"),
    ("header Referer", "https://shop.example/reset/§"), ("header Referer", "https://u:§@h/x"), ("header Referer", "https://h/x?password=it's§"), ("header Referer", "https://§@h/"),
    ("answer Location", "/reset/§"), ("answer Location", "/cb?code=§&state=x"), ("answer Location", "app:/cb#access_token=§&token_type=bearer"),
    ("answer Operation-Location", "https://h/op?api_key=§"), ("header X-Wap-Referrer", "https://h/?token=§"), ("answer Link", "</x?token=§>; rel=next"),
    ("answer Azure-Asyncoperation", "https://h/op?sig=§"), ("header X-Forwarded-Uri", "/x?apikey=§"), ("answer Refresh", "0; url=/x?session_id=§"),
    ("header Sec-WebSocket-Protocol", "graphql-ws, §"), ("header Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.§"), ("header Sec-WebSocket-Protocol", "access_token, §"),
    ("answer WWW-Authenticate", "Negotiate §"), ("answer Proxy-Authenticate", "NTLM §"), ("answer Set-Cookie", "theme=x; Path=/, session=§; HttpOnly"),
    ("answer Set-Cookie", "a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT, s=§"), ("answer Set-Cookie", "a=b; Path=/;§"), ("answer Set-Cookie", "a=b; HttpOnly, s=§; Path=/"),
    ("answer Set-Cookie", "a=b; Max-Age=9§"), ("answer Set-Cookie", "§"), ("header Cookie", "a=b, session=§"), ("header Cookie", "theme=§"), ("header Cookie", '$Version=1; a="§"'),
    ("header Authorization", "Basic " + base64.b64encode(("ann:" + S).encode()).decode()), ("header Authorization", 'Digest username="a", response="§"'),
    ("header Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=§"), ("header Authorization", "Token token=§"), ("header Authorization", "Unheard §"),
    ("header Authorization", "SharedKey acct:§"), ("header X-Sentry-Auth", "Sentry sentry_key=§, sentry_version=7"), ("query", "code=§&state=abc"), ("form", "grant_type=authorization_code&code=§"),
    ("form", "grant_type=password&username=a&password=§"), ("json", '{"grant_type": "authorization_code", "code": "§"}'), ("query", "redirect=%2Fx%3Ftoken%3D§"),
    ("query", "state=" + base64.b64encode(json.dumps({"password": S}).encode()).decode()), ("header Proxy", "http://u:§@proxy:3128"),
    # Under a name whose value may be no secret it is looked into all the same.
    ("answer Refresh", "0; url=/x?token=§"), ("json", '{"ticket": "https://h/?token=§"}'), ("json", '{"signature": "my password=§ "}'), ("json", '{"session": {"url": "/x?token=§", "m": "ok"}}'),
    ("json", '{"token": {"link": "https://u:§@h/", "x": [{"note": "password: §"}]}}'), ("json", '{"password": {"description": "token=§"}}'), ("json", '{"pin": {"x": {"url": "/?api_key=§"}}}'), ("query", "ticket=%7B%22token%22%3A%22§%22%7D"),
]

# Formats.
FORMATS = [
    ("html", "<p>{&#39;password&#39;: &#39;§&#39;}</p>"), ("html", "<pre>{&quot;token&quot;: &quot;§&quot;}</pre>"), ("html", "<div data-x='{&quot;apiKey&quot;:&quot;§&quot;}'></div>"),
    ("html", "<script>var s = '{\\x22token\\x22: \\x22§\\x22}'</script>"), ("xml", "<Body>&lt;password&gt;§&lt;/password&gt;</Body>"), ("html", "<script>x = {\\u0022password\\u0022: \\u0022§\\u0022}</script>"),
    ("html", "<input name=csrf_token value=§>"), ("html", "<INPUT NAME='csrf_token' TYPE=hidden VALUE='§'>"), ("html", '<input value="§" type="hidden" id="a" name="csrf_token">'),
    ("html", '<input type="hidden" class="x y" data-x="1" name="authenticity_token" autocomplete="off" required value="§" />'), ("html", '<input id="api_key" value="§">'),
    ("html", '<div data-api-key="§"></div>'), ("html", '<meta content="§" name="csrf-token">'), ("html", '<p>Your password: <b>§</b></p>'), ("html", '<b>Password:</b> §<br>'),
    ("html", '<textarea name="private_key">§</textarea>'), ("html", '<input type=password name=x value=§>'), ("html", '<tr><th>API key</th><td><code>§</code></td></tr>'),
    ("html", '<a href="/confirm?token=§&amp;x=1">go</a>'), ("html", '<form action="/x?a=1&amp;token=§">'), ("html", "<span id=token>§</span>"), ("html", '<script>window.csrfToken = "§";</script>'),
    ("html", '<script>var c = {csrf: \'§\', n: 1}</script>'), ("html", '<img src="/p?api_key=§">'), ("html", '<input name="user[password]" value="§">'),
    ("form", "db:\n  password: §\n"), ("form", "API_KEY=§\nB=2"), ("json", json.dumps({"env": "A=1\nDB_PASSWORD=§\nB=2"})), ("json", json.dumps({"raw": "Authorization: Bearer §\nHost: x"})),
    ("json", json.dumps({"h": "Authorization: Bearer §"})), ("json", json.dumps({"conf": "db:\n  user: a\n  password: p §\n"})), ("form", "config=db%3A%0A++password%3A+§%0A"),
    ("multipart", 'Content-Disposition: form-data; name="env"\r\n\r\nA=1\r\nSECRET_KEY=§'), ("multipart", 'Content-Disposition: form-data; name="y"\r\n\r\npassword: §\r\nuser: a'),
    ("text", "password = '''a\n§'''\n"), ("text", "Authorization=Bearer §\n"), ("json", json.dumps({"d": "Server=db;Password=p&§#1;Trust=yes"})), ("json", json.dumps({"d": "Password=p&§#1;"})),
    ("json", json.dumps({"d": "password=it's §"})), ("json", json.dumps({"d": "Authorization=Bearer §"})), ("json", json.dumps({"d": "host=h password=p#§ dbname=x"})), ("form", "d=password=it's+§"),
    ("json", json.dumps({"d": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§==;EndpointSuffix=x"})), ("json", json.dumps({"d": "Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey=§="})),
    ("json", json.dumps([{"op": "replace", "path": "/password", "value": "§"}])), ("json", json.dumps({"Operations": [{"op": "add", "path": "urn:ietf:params:scim:User:password", "value": "§"}]})),
    ("json", json.dumps({"op": "replace", "value": {"password": "§"}})), ("json", json.dumps({"headers": [["Authorization", "Bearer §"], ["Host", "x"]]})), ("json", json.dumps(["Authorization", "Bearer §"])),
    ("json", json.dumps({"headers": [{"name": "Authorization", "value": "Bearer §"}]})), ("json", json.dumps({"detail": [{"loc": ["body", "password"], "msg": "too short", "input": "§"}]})),
    ("json", json.dumps({"query": "mutation($p: String!) { login(password: $p) { id } }", "variables": {"p": "§"}})), ("json", json.dumps({"env": [{"name": "DB_PASSWORD", "value": "§"}]})),
    ("json", json.dumps({"attributes": [{"key": "api_key", "value": {"stringValue": "§"}}]})), ("json", json.dumps({"fields": [{"field": "password", "rejectedValue": "§"}]})),
    ("json", json.dumps({"kind": "Secret", "data": {"x": "§"}})), ("yaml", "kind: Secret\nmetadata:\n  name: n\ndata:\n  x: §\n"), ("yaml", "env:\n- name: DB_PASSWORD\n  value: §\n"),
    ("xml", "<methodCall><member><name>password</name><value><string>§</string></value></member></methodCall>"), ("xml", "<dict><key>password</key><string>§</string></dict>"),
    ("xml", "<wsse:UsernameToken><wsse:Password Type='#PasswordText'>§</wsse:Password></wsse:UsernameToken>"), ("xml", "<wsse:BinarySecurityToken>§</wsse:BinarySecurityToken>"),
    ("xml", '<samlp:Response><saml:Assertion>§</saml:Assertion></samlp:Response>'), ("xml", '<add key="ApiKey" value="§"/>'), ("xml", '<property name="db.password">§</property>'), ("xml", "<apiKey>§</apiKey>"),
    ("json", json.dumps({"message": {"data": base64.b64encode(json.dumps({"password": S, "a": 1}).encode()).decode()}})), ("json", json.dumps({"auths": {"ghcr.io": {"auth": "§"}}})),
    ("text", "//registry.npmjs.org/:_authToken=§\n"), ("text", "machine api.github.com login ann password §\n"), ("text", "machine h\n  login ann\n  password §\n"), ("text", "[default]\naws_access_key_id = A\naws_secret_access_key = §\n"),
    ("multipart", 'Content-Disposition: form-data; name*0="pass"; name*1="word"\r\n\r\n§'), ("multipart", 'Content-Disposition: form-data; name*=utf-8\'\'pass%77ord\r\n\r\n§'),
    ("multipart", 'Content-Disposition: form-data; name=password\r\n\r\n§'), ("multipart", 'Content-Disposition: form-data; name="f"; filename*0="a.txt"\r\n\r\n§'),
    ("graphql", 'mutation { login(password: "§") { id } }'), ("graphql", 'mutation { a(input: {apiKey: "§", n: 1}) { id } }'), ("ndjson", '{"a": 1}\n{"token": "§"}\n'),
    ("text", 'data: {"access_token": "§"}\n\n'), ("text", "2026-01-01 INFO login user=ann password=§ ip=1.2.3.4"), ("text", "{'password': '§', 'a': 1}"), ("text", 'export GITHUB_TOKEN="§"'),
    ("json", '{"password": "§'), ("json", '{"a": "{\\"password\\": \\"§\\"}"}'), ("json", json.dumps({"contrase\u00f1a": "§"})), ("json", '{"\u043f\u0430\u0440\u043e\u043b\u044c": "§"}'), ("form", "%E5%AF%86%E7%A0%81=§"),
    ("json", json.dumps({"credentials": {"accessKeyId": "x", "secretAccessKey": "§"}})), ("json", json.dumps({"token": {"access": "§", "type": "x"}})), ("json", json.dumps({"session": {"id": "§"}})),
    ("json", json.dumps({"secrets": {"a": {"b": "§"}}})), ("json", json.dumps({"tokens": ["§"]})), ("json", json.dumps({"auth": {"user": "a", "pass": "§"}})), ("json", json.dumps({"password": {"value": "§"}})),
]
EXPECTED = NAMES + BY_FORM + PLACES + FORMATS + corpus_products.EXPECTED + corpus_services.EXPECTED + corpus_platforms.EXPECTED + corpus_elsewhere.EXPECTED + corpus_long_tail.EXPECTED

# What has to stay readable: `§` is no secret here.
HARMLESS = [
    ("json", '{"pin": 13, "x": "§"}'), ("json", '{"session": {"title": "§", "room": 4}}'), ("json", '{"session": 12, "n": "§"}'), ("json", '{"tokens": 1432, "m": "§"}'),
    ("json", '{"usage": {"prompt_tokens": 12, "total_tokens": 20}, "m": "§"}'), ("json", '{"pincode": "§"}'), ("json", '{"errors": {"password": ["This password is too short."]}, "m": "§"}'),
    ("json", '{"properties": {"password": {"type": "string", "minLength": 8}}, "m": "§"}'), ("json", '{"token": {"symbol": "§", "decimals": 18}}'), ("json", '{"sid": "SM0123456789abcdef0123456789abcdef", "m": "§"}'),
    ("json", '{"signature": "Best regards, §"}'), ("text", "if (token === null) { show('§') }"), ("json", '{"nextPageToken": "§"}'), ("query", "page_token=§"), ("json", '{"sync_token": "§"}'),
    ("json", '{"next_token": "§"}'), ("json", '{"ContinuationToken": "§"}'), ("json", '{"token_type": "§"}'), ("json", '{"token_count": "§"}'), ("json", '{"password_policy": "§"}'), ("json", '{"password_strength": "§"}'),
    ("json", '{"min_password_length": "§"}'), ("json", '{"passwordless": "§"}'), ("json", '{"author": "§"}'), ("json", '{"tokenizer": "§"}'), ("json", '{"secretary": "§"}'), ("json", '{"compass": "§"}'),
    ("json", '{"key": "§", "value": 1}'), ("json", '{"code": "§"}'), ("json", '{"state": "§"}'), ("json", '{"public_key": "§"}'), ("json", '{"keyboard": "§"}'), ("json", '{"type": "password", "label": "§"}'),
    ("header Access-Control-Allow-Headers", "Authorization, X-CSRF-Token, §"), ("answer Vary", "Cookie, §"), ("answer WWW-Authenticate", 'Bearer realm="§", error="invalid_token"'), ("header User-Agent", "§/1.0"),
    ("header X-Request-Id", "§"), ("header Sec-WebSocket-Protocol", "graphql-transport-ws"), ("answer Set-Cookie", "a=b; Path=/§; HttpOnly"), ("json", '{"message": "Invalid password: §"}'), ("json", '{"m": "The token has expired, §"}'),
    ("json", '{"email": "§@x.example"}'), ("json", '{"url": "https://x.example/§?page=2"}'), ("query", "q=§&sort=name"), ("form", "comment=my+password+is+§"), ("json", '{"auth": {"type": "§"}}'), ("json", '{"credentials": "include", "m": "§"}'),
    ("json", '{"password": null, "m": "§"}'), ("json", '{"password": true, "m": "§"}'), ("html", "<label>Password</label><p>§</p>"), ("html", "<th>Password</th><th>§</th>"), ("html", '<input name="q" value="§">'),
    ("html", '<a href="/password/reset">§</a>'), ("json", '{"repo": "ssh://git@github.com/§"}'), ("json", '{"private": true, "m": "§"}'), ("yaml", "passwordless: yes\nname: §\n"), ("json", '{"oauth": "§"}'), ("json", '{"has_password": "yes", "m": "§"}'),
    ("route /u/<name>", "/u/§"), ("route /auth/§/<int:n>", "/auth/§/3"), ("json", '{"email_signature": "§"}'), ("json", '{"mapping": "§"}'), ("json", '{"shopping": "§"}'), ("json", '{"training_session": "§"}'), ("json", '{"csrf_param": "§"}'),
    ("json", '{"required": ["email", "password"], "m": "§"}'), ("json", '{"parameters": [{"name": "password", "in": "§"}]}'), ("json", '{"grant_type": "password", "m": "§"}'), ("json", '{"maxTokens": 20, "m": "§"}'),
] + corpus_products.HARMLESS + corpus_services.HARMLESS + corpus_platforms.HARMLESS + corpus_elsewhere.HARMLESS + corpus_long_tail.HARMLESS
