"""Where deployments, sign-on, sessions, links, payments and logs carry credentials, and what is none; cases as in `corpus`."""

import base64
import json

J = json.dumps
S = "Zq8xCanary3Kf0w"
LONG = "§Hs72kLq0vXb9"  # where the length tells that it is none that a person chose


def b64(text):
    return base64.b64encode(text.encode()).decode()


def url64(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# Cookies by the frameworks that set them, in a jar of HAR, under their own name, and in a jar of curl.
COOKIES = """
    PHPSESSID JSESSIONID connect.sid laravel_session _session_id sessionid ASP.NET_SessionId .AspNetCore.Identity.Application .ASPXAUTH
    next-auth.session-token __Secure-next-auth.session-token _gitlab_session user_session ci_session rack.session express:sess koa.sess
    sb-access-token wordpress_logged_in_5f3a XSRF-TOKEN remember_web_59ba36 REMEMBERME CAKEPHP PLAY_SESSION _oauth2_proxy authelia_session
    grafana_session __Host-session appSession FedAuth ory_kratos_session SSESS5f3a9c
""".split()  # noqa: SIM905 - a long list of words reads best as text
CREDENTIALS_OF_APPS = [("json", J({"log": {"entries": [{"request": {"cookies": [{"name": name, "value": LONG, "httpOnly": True}]}}]}})) for name in COOKIES[::3]]
CREDENTIALS_OF_APPS += [("json", J({"cookies": {name: LONG, "theme": "dark"}})) for name in COOKIES[1::3]]
CREDENTIALS_OF_APPS += [("text", "# Netscape HTTP Cookie File\nshop.example\tFALSE\t/\tTRUE\t1798761600\t%s\t%s\n" % (name, LONG)) for name in COOKIES[2::3]]

EXPECTED = CREDENTIALS_OF_APPS + [
    # Kubernetes, Docker, Terraform, Ansible, Helm
    ("json", J({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque", "data": {"username": b64("ann"), "pw": b64(S + "padding")}})),
    ("yaml", "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.crt: TUlJ\n  tls.key: %s\n" % b64(S + "padding")),
    ("yaml", "apiVersion: v1\ndata:\n  conn: %s\nkind: Secret\n" % b64("host=db password=" + S)),
    ("json", J({"kind": "SecretList", "items": [{"kind": "Secret", "stringData": {"conn": "§"}}]})),
    ("json", J({"auths": {"https://index.docker.io/v1/": {"auth": b64("ann:" + S)}}, "credsStore": "pass"})),
    ("json", J({"auths": {"r.example": {"username": "ann", "password": "§", "email": "a@b.example"}}})),
    ("json", J({"ServerURL": "https://r.example", "Username": "<token>", "Secret": "§"})),
    ("header X-Registry-Auth", b64(J({"username": "ann", "password": S}))),
    ("header X-Registry-Config", b64(J({"r.example": {"username": "ann", "password": S}}))),
    ("json", J({"version": 4, "outputs": {"db_password": {"value": "§", "type": "string", "sensitive": True}}})),
    ("json", J({"version": 4, "outputs": {"dsn": {"value": "§", "type": "string", "sensitive": True}}})),
    ("json", J({"resources": [{"type": "aws_iam_access_key", "instances": [{"attributes": {"id": "AKIAABCDEFGHIJKLMNOP", "secret": "§", "ses_smtp_password_v4": "x"}}]}]})),
    ("json", J({"resources": [{"type": "random_password", "instances": [{"attributes": {"length": 20, "result": "§", "special": True}}]}]})),
    ("json", J({"resources": [{"type": "tls_private_key", "instances": [{"attributes": {"private_key_openssh": "§"}}]}]})),
    ("text", 'variable "db_password" {\n  default = "§"\n}\n'),
    ("text", 'db_password = "§"\nregion = "eu-west-1"\n'),
    ("text", 'provider "cloudflare" {\n  api_token = "§"\n}\n'),
    ("yaml", "- hosts: all\n  vars:\n    ansible_become_pass: §\n    ansible_user: ann\n"),
    ("text", "web1 ansible_host=10.0.0.1 ansible_ssh_pass=§ ansible_user=ann\n"),
    ("yaml", "mysql:\n  auth:\n    rootPassword: \"§\"\n    replicationPassword: x\n"),
    ("yaml", "services:\n  db:\n    image: postgres:16\n    environment:\n      - POSTGRES_PASSWORD=§\n"),
    ("yaml", "services:\n  db:\n    environment:\n      MYSQL_ROOT_PASSWORD: §\n"),
    ("yaml", "apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    token: §\n"),
    ("yaml", "users:\n- name: admin\n  user:\n    client-certificate-data: TUlJ\n    client-key-data: §\n"),
    ("json", J({"kind": "ExecCredential", "status": {"token": "§", "expirationTimestamp": "2027-01-01T00:00:00Z"}})),
    ("json", J({"kind": "TokenRequest", "status": {"token": "§"}})),
    ("json", J({"spec": {"containers": [{"name": "c", "args": ["--db-password=§", "--port=80"]}]}})),
    ("json", J({"Config": {"Env": ["PATH=/bin", "REDIS_PASSWORD=§"], "Cmd": ["run"]}})),
    ("json", J({"JoinTokens": {"Worker": "SWMTKN-1-§", "Manager": "SWMTKN-1-x"}})),
    ("text", "kubeadm join 10.0.0.1:6443 --token §.x --discovery-token-ca-cert-hash sha256:abc\n"),
    ("text", "FROM alpine\nARG NPM_TOKEN=§\nRUN true\n"), ("text", "ENV APP_SECRET §\n"),
    ("json", J({"ciphertext": "x", "keys": {"unseal": ["a"]}, "root_token": "§"})),
    ("json", J({"keys_base64": ["§"], "root_token": "x"})), ("json", J({"auth": {"client_token": "§", "accessor": "a", "policies": ["p"]}})),
    ("json", J({"wrap_info": {"token": "§", "ttl": 300}})), ("json", J({"role_id": "r", "secret_id": "§"})),
    # CI
    ("yaml", "jobs:\n  b:\n    steps:\n    - uses: docker/login-action@v3\n      with:\n        username: ann\n        password: §\n"),
    ("yaml", "deploy:\n  variables:\n    DEPLOY_KEY: §\n"), ("json", J({"key": "NPM_TOKEN", "value": "§", "masked": True, "protected": True})),
    ("json", J({"variables": [{"key": "AWS_SECRET_ACCESS_KEY", "value": "§", "secured": True}]})),
    ("json", J({"token": "AABBCC§", "expires_at": "2026-12-01T00:00:00Z", "url": "https://ci.example/runners"})), ("text", "[runners]\n  name = \"r\"\n  token = \"§\"\n"),
    ("text", "##[debug]Authorization: basic %s\n" % b64("x:" + S)), ("text", "git -c http.extraheader=\"AUTHORIZATION: bearer §\" fetch\n"),
    ("text", "[credential]\n  helper = store\n[url \"https://ann:§@git.example/\"]\n  insteadOf = git@\n"), ("text", "https://ann:§@git.example\n"),
    ("text", "protocol=https\nhost=git.example\nusername=ann\npassword=§\n"), ("xml", "<server><id>central</id><username>ann</username><password>§</password></server>"),
    ("xml", '<packageSourceCredentials><feed><add key="Username" value="a"/><add key="ClearTextPassword" value="§"/></feed></packageSourceCredentials>'),
    ("text", "signing.password=§\nsigning.keyId=ABC\n"), ("text", "[pypi]\nusername = __token__\npassword = §\n"), ("json", J({"http-basic": {"repo.example": {"username": "a", "password": "§"}}})),
    ("json", J({"github-oauth": {"github.com": "§"}})), ("json", J({"bearer": {"repo.example": "§"}})), ("text", "[registry]\ntoken = \"§\"\n"), ("text", "npmRegistries:\n  \"//npm.example\":\n    npmAuthToken: \"§\"\n"),
    ("text", ":rubygems_api_key: §\n"),
    # JDBC and other sources of data
    ("json", J({"url": "jdbc:postgresql://db:5432/x?user=a&password=§"})), ("json", J({"url": "jdbc:sqlserver://db;user=a;password=§;encrypt=true"})),
    ("json", J({"url": "jdbc:oracle:thin:ann/§@db:1521/x"})), ("json", J({"url": "jdbc:snowflake://x.example/?user=a&private_key_file_pwd=§"})),
    ("json", J({"url": "jdbc:mysql://ann:§@db:3306/x"})), ("json", J({"conn": "User ID=a;Pwd=§;Data Source=db"})), ("json", J({"conn": "Driver={ODBC};UID=a;PWD={§;x};Server=db"})),
    ("json", J({"conn": "BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=2022&sig=§"})), ("json", J({"conn": "Endpoint=https://a.service.signalr.net;AccessKey=§;Version=1.0;"})),
    ("json", J({"conn": "InstrumentationKey=§;IngestionEndpoint=https://x/"})), ("json", J({"conn": "AccountEndpoint=https://c.documents.azure.com:443/;AccountKey=§==;"})),
    ("json", J({"conn": "cache.redis.example:6380,password=§,ssl=True"})), ("json", J({"conn": "amqps://ann:§@b.mq.example:5671"})), ("json", J({"conn": "clickhouse://default:§@ch:9000/db"})),
    ("json", J({"conn": "couchbases://h?username=a&password=§"})), ("json", J({"conn": "snowflake://ann:§@acct/db"})), ("json", J({"conn": "ldap://cn=admin,dc=x:§@ldap:389"})),
    ("json", J({"conn": "smtp://ann%40x.example:§@smtp:587"})), ("json", J({"conn": "sqlserver://a:§@db?database=x"})), ("json", J({"conn": "neo4j+s://neo4j:§@n.example"})),
    ("json", J({"conn": "host=db user=a password='§ x' sslmode=require"})), ("text", "spring.datasource.hikari.password=§\n"), ("text", "hibernate.connection.password §\n"),
    ("xml", '<Resource name="jdbc/x" username="a" password="§" driverClassName="d"/>'), ("xml", '<connectionStrings><add name="d" connectionString="Server=s;User Id=a;Password=§;"/></connectionStrings>'),
    # clouds
    ("json", J({"Code": "Success", "AccessKeyId": "ASIAABCDEFGHIJKLMNOP", "SecretAccessKey": "§", "Token": "x"})),
    ("json", J({"Code": "Success", "AccessKeyId": "ASIAABCDEFGHIJKLMNOP", "SecretAccessKey": "x", "Token": "IQoJb3JpZ2luX2Vj§"})),
    ("json", J({"access_token": "§", "expires_in": "86399", "resource": "https://management.azure.com/", "token_type": "Bearer"})),
    ("xml", "<AssumeRoleResponse><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>§</SecretAccessKey></Credentials></AssumeRoleResponse>"),
    ("xml", "<Credentials><SessionToken>§</SessionToken></Credentials>"), ("json", J({"type": "service_account", "private_key_id": "x", "private_key": "§"})),
    ("json", J({"privateKeyData": b64(J({"type": "service_account", "private_key": S}))})), ("json", J({"SecretString": "§", "Name": "prod/db", "VersionStages": ["AWSCURRENT"]})),
    ("json", J({"SecretString": J({"username": "a", "password": S}), "Name": "prod/db"})), ("json", J({"SecretBinary": b64(S + "padding"), "Name": "n"})),
    ("json", J({"Parameter": {"Name": "/p/db", "Type": "SecureString", "Value": "§"}})), ("json", J({"payload": {"data": b64(S + "padding"), "dataCrc32c": "1"}, "name": "projects/1/secrets/s/versions/1"})),
    ("json", J({"value": "§", "id": "https://v.vault.azure.net/secrets/db/1", "attributes": {"enabled": True}})), ("json", J({"PasswordData": "§", "InstanceId": "i-1"})),
    ("json", J({"authorizationData": [{"authorizationToken": b64("AWS:" + S), "proxyEndpoint": "https://1.dkr.ecr.example"}]})), ("json", J({"AuthParameters": {"USERNAME": "a", "PASSWORD": "§"}, "ClientId": "c"})),
    ("json", J({"AuthenticationResult": {"IdToken": "§", "ExpiresIn": 3600}})), ("json", J({"ChallengeName": "SOFTWARE_TOKEN_MFA", "ChallengeResponses": {"USERNAME": "a", "SOFTWARE_TOKEN_MFA_CODE": "§"}})),
    ("json", J({"keys": [{"keyName": "key1", "value": "§", "permissions": "FULL"}]})), ("json", J({"primaryMasterKey": "§", "secondaryReadonlyMasterKey": "x"})),
    ("json", J({"idToken": "x", "refreshToken": "§", "localId": "l"})), ("json", J({"oobCode": "§", "newPassword": "x"})), ("query", "mode=resetPassword&oobCode=§&apiKey=x"),
    # signed URLs
    ("json", J({"url": "https://a.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sig=§%3D"})), ("json", J({"url": "https://storage.googleapis.com/b/o?X-Goog-Expires=60&X-Goog-Signature=§"})),
    ("json", J({"url": "https://storage.googleapis.com/b/o?GoogleAccessId=a&Expires=1&Signature=§"})), ("json", J({"url": "https://d1.cloudfront.net/x?Expires=1&Signature=§&Key-Pair-Id=K1"})),
    ("answer Set-Cookie", "CloudFront-Signature=§; Path=/"), ("json", J({"url": "https://b.s3.amazonaws.com/o?AWSAccessKeyId=A&Signature=§&Expires=1"})),
    ("json", J({"fields": {"key": "k", "policy": "p", "x-amz-signature": "§"}})), ("json", J({"url": "https://firebasestorage.googleapis.com/v0/b/x/o/y?alt=media&token=§"})),
    ("json", J({"url": "https://cdn.example/v.m3u8?hdnea=exp=1~acl=/*~hmac=§"})), ("answer Location", "https://b.s3.example/o?X-Amz-Signature=§&X-Amz-Expires=60"),
    # SSO
    ("form", "SAMLResponse=" + b64("<samlp:Response>" + S + "</samlp:Response>").replace("=", "%3D") + "&RelayState=x"), ("html", '<form><input type="hidden" name="SAMLResponse" value="§"/></form>'),
    ("html", '<form><input type="hidden" name="wresult" value="&lt;t:RequestedSecurityToken&gt;§&lt;/t:RequestedSecurityToken&gt;"/></form>'),
    ("json", J({"device_code": "§", "user_code": "WDJB-MJHT", "verification_uri": "https://x/device", "interval": 5})), ("json", J({"device_code": "x", "user_code": "§", "expires_in": 900})),
    ("form", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=§&client_id=c"), ("form", "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=§&subject_token_type=x"),
    ("form", "grant_type=refresh_token&refresh_token=§"), ("form", "token=§&token_type_hint=access_token"), ("form", "grant_type=client_credentials&client_id=c&client_secret=§"),
    ("form", "client_assertion_type=x&client_assertion=§"), ("json", J({"ticket": "ST-1-§-cas", "service": "x"})), ("query", "service=x&ticket=ST-12-§"), ("xml", "<cas:proxyGrantingTicket>PGTIOU-1-§</cas:proxyGrantingTicket>"),
    ("json", J({"sessionToken": "§", "status": "SUCCESS", "_embedded": {"user": {"id": "u"}}})), ("json", J({"stateToken": "§", "status": "MFA_REQUIRED"})), ("json", J({"passCode": "§", "stateToken": "x"})),
    ("json", J({"interaction_code": "§"})), ("json", J({"access_token": "x", "id_token": "y", "mfa_token": "§"})), ("json", J({"oobCode": "x", "bindingCode": "§", "mfaToken": "x"})),
    ("json", J({"credential": "§", "g_csrf_token": "x", "select_by": "btn"})), ("json", J({"identityToken": "§", "authorizationCode": "x", "user": "u"})), ("json", J({"serverAuthCode": "§"})),
    ("json", J({"cookies": [{"name": "SSO", "value": LONG}], "origins": []})), ("json", J({"login_challenge": "§"})), ("json", J({"nonce": "n", "registration_client_uri": "u", "registration_access_token": "§"})),
    ("xml", '<wsse:Password Type="...#PasswordDigest">§</wsse:Password><wsse:Nonce>x</wsse:Nonce>'), ("xml", "<soap:Header><AuthHeader><Username>a</Username><Password>§</Password></AuthHeader></soap:Header>"),
    ("xml", "<n1:sessionId>§</n1:sessionId>"), ("xml", "<loginResponse><result><serverUrl>u</serverUrl><sessionId>§</sessionId></result></loginResponse>"), ("xml", "<xenc:CipherData><xenc:CipherValue>x</xenc:CipherValue></xenc:CipherData><ds:SignatureValue>§</ds:SignatureValue>"),
    # WebAuthn, TOTP, codes
    ("json", J({"uri": "otpauth://totp/Shop:ann?secret=§&issuer=Shop"})), ("text", "otpauth://hotp/x?secret=§&counter=1"), ("json", J({"qr": "otpauth-migration://offline?data=§"})),
    ("json", J({"totp_secret": "§"})), ("json", J({"otpSeed": "§"})), ("json", J({"recoveryCodes": ["§", "b"]})), ("json", J({"backup_code": "§"})), ("json", J({"scratch_codes": ["§"]})),
    ("json", J({"response": {"authenticatorData": "x", "signature": "§", "clientDataJSON": "y"}})), ("json", J({"sms_code": "§"})), ("json", J({"emailOtp": "§"})), ("json", J({"two_factor_token": "§"})), ("json", J({"verificationToken": "§"})),
    ("text", "Your one-time password is §. It expires in 5 minutes.\n"),
    # links in mails
    ("json", J({"html": '<a href="https://shop.example/magic?token=§">Sign in</a>'})), ("json", J({"body": "Reset it here: https://shop.example/reset?reset_password_token=§\n"})), ("json", J({"link": "https://shop.example/login?otp=§"})),
    ("json", J({"link": "https://x.example/invite?invitation_token=§"})), ("json", J({"link": "https://x.example/confirm?confirmation_token=§"})), ("json", J({"link": "https://x.example/unlock?unlock_token=§"})),
    ("json", J({"action_link": "https://x.supabase.co/auth/v1/verify?token=§&type=magiclink"})), ("json", J({"hashed_token": "§", "verification_type": "magiclink"})), ("json", J({"link": "https://x.example/__/auth/action?mode=signIn&oobCode=§"})),
    ("json", J({"text": "https://x.example/#/auth?jwt=§"})), ("text", "GET /accounts/activate?activation_key=§ HTTP/1.1\n"), ("json", J({"share": "https://x.example/s?access_key=§"})), ("route /share/<share_token>", "/share/§"), ("route /o/<one_time_token>/x", "/o/§/x"),
    # payment
    ("json", J({"client_secret": "pi_1_secret_§", "amount": 100})), ("json", J({"paymentMethodNonce": "§"})), ("json", J({"card": {"number": "4242424242424242", "cvc": "§"}})), ("json", J({"three_ds": {"cavv": "§", "eci": "05"}})),
    ("json", J({"clientToken": "§"})), ("json", J({"paymentToken": "§"})), ("json", J({"checkoutToken": "§"})), ("json", J({"encryptedCard": {"encryptedSecurityCode": "§"}})), ("json", J({"applePay": {"paymentData": {"data": "x", "signature": "§", "version": "EC_v1"}}})),
    ("json", J({"setup_intent": {"client_secret": "seti_1_secret_§"}})), ("json", J({"pinBlock": "§"})), ("json", J({"tan": "§", "iban": "DE0"})), ("json", J({"onlineBankingPin": "§"})), ("form", "MerchantKey=§&x=1"), ("json", J({"TransactionKey": "§", "name": "5KP3u95bQpv"})),
    ("json", J({"webhook_secret": "§"})), ("json", J({"ClientSecret": "§", "plaid": 1})), ("json", J({"public_token": "§"})), ("header X-Cc-Webhook-Signature", "§"), ("header Webhook-Signature", "v1,§"), ("header Svix-Signature", "v1,§"), ("header X-Shopify-Storefront-Access-Token", "§"), ("header Klarna-Idempotency-Auth", "§"),
    # devices, mobile
    ("json", J({"localKey": "§", "devId": "x"})), ("json", J({"wifi": {"ssid": "a", "psk": "§"}})), ("text", 'network={\n  ssid="x"\n  key_mgmt=WPA-EAP\n  identity="a"\n  password="§"\n}\n'), ("text", "wifi-sec.psk=§\n"), ("text", "[wifi-security]\nkey-mgmt=wpa-psk\npsk=§\n"),
    ("text", "<key>\n-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----\n</key>\n"), ("json", J({"PayloadType": "com.apple.wifi.managed", "SSID_STR": "x", "Password": "§"})), ("xml", "<dict><key>SharedSecret</key><data>§</data></dict>"), ("json", J({"fcmToken": "§"})), ("json", J({"pushToken": "ExponentPushToken[§]"})),
    ("json", J({"keys": {"p256dh": "x", "auth": "§"}, "endpoint": "https://push.example/x"})), ("json", J({"devAddr": "1", "nwkSKey": "§", "appSKey": "x"})), ("json", J({"appKey": "§", "devEui": "0011"})), ("json", J({"hue": {"username": "x", "clientkey": "§"}})), ("json", J({"mqttPassword": "§"})), ("json", J({"rtsp": "rtsp://admin:§@cam/1"})),
    # GraphQL, gRPC-JSON, RPC
    ("json", J({"operationName": "Login", "query": "mutation Login($i: LoginInput!) { login(input: $i) { jwt } }", "variables": {"i": {"identifier": "a", "password": "§"}}})), ("json", J({"data": {"login": {"jwt": "§"}}})), ("json", J({"data": {"tokenAuth": {"token": "§", "refreshToken": "x"}}})), ("json", J({"data": {"createUserToken": {"token": "§"}}})),
    ("graphql", 'mutation { tokenCreate(email: "a@b.example", password: "§") { token } }'), ("graphql", 'mutation { customerAccessTokenCreate(input: {email: "a", password: "§"}) { x } }'), ("json", J({"jsonrpc": "2.0", "method": "user.login", "params": {"username": "a", "password": "§"}, "id": 1})), ("json", J({"jsonrpc": "2.0", "auth": "§", "method": "host.get", "params": {}})), ("json", J({"extensions": {"headers": {"authorization": "Bearer §"}}})),
    ("json", J({"metadata": {"authorization": ["Bearer §"]}})), ("json", J({"grpc-metadata-authorization": "Bearer §"})), ("json", J({"@type": "type.googleapis.com/v1.Secret", "secretValue": "§"})),
    # LDAP, mail, text protocols
    ("text", "dn: uid=ann,dc=x\nuid: ann\nuserPassword: §\n"), ("text", "dn: uid=ann,dc=x\nuserPassword:: %s\n" % b64("{SSHA}" + S)), ("text", "olcRootPW: §\n"), ("text", "bindpw §\n"), ("text", "ldap_default_authtok = §\n"), ("text", "sambaNTPassword: §\n"),
    ("text", "ldapsearch -x -D cn=admin -w § -b dc=x\n"), ("text", "PGPASSWORD=§ psql -h db\n"), ("text", "ftp> USER ann\nPASS §\n"), ("text", "ann:$apr1$§$abcdefghijklmnopqrstuv\n"), ("text", "root:$6$abcdefgh$§0123456789:19000:0:99999:7:::\n"),
    ("text", "smtp_sasl_password = §\n"), ("text", "[remote]\ntype = s3\nsecret_access_key = §\n"), ("text", "set password for 'a'@'%' = '§';\n"), ("text", "CREATE ROLE a LOGIN PASSWORD '§';\n"), ("text", "rabbitmqctl add_user ann §\n"), ("text", "aws configure set aws_secret_access_key §\n"), ("text", "vault login §\n"), ("text", "gh secret set NAME --body §\n"), ("text", "heroku config:set SECRET_KEY_BASE=§\n"),
    # logs
    ("ndjson", J({"level": "info", "msg": "login", "req": {"headers": {"authorization": "Bearer §"}}}) + "\n"), ("ndjson", J({"msg": "request body: {\"password\":\"§\"}"}) + "\n"), ("text", 'time="2026-01-01" level=info msg="connecting" dsn="postgres://a:§@db/x"\n'), ("text", "10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] \"GET /x?access_token=§ HTTP/1.1\" 200 1\n"),
    ("text", "DEBUG urllib3 send: b'POST /x HTTP/1.1\\r\\nAuthorization: Bearer §\\r\\n\\r\\n'\n"), ("text", "> X-Api-Key: §\n> Accept: */*\n"), ("text", "Parameters: {\"user\"=>{\"email\"=>\"a\", \"password\"=>\"§\"}}\n"), ("text", "User(id=1, email=a, passwordHash=§, active=true)\n"), ("text", "LoginRequest{username='a', password='§'}\n"), ("text", "array(1) { [\"password\"]=> string(5) \"§\" }\n"),
    ("text", "&{Username:a Password:§ Active:true}\n"), ("text", "{:email \"a\", :password \"§\"}\n"), ("text", "%{\"password\" => \"§\", \"user\" => \"a\"}\n"), ("json", J({"exception": "HTTPError: 401 for url: https://api.example/x?api_key=§"})), ("json", J({"breadcrumbs": [{"message": "fetch", "data": {"url": "https://u:§@h/x"}}]})), ("json", J({"stack": "at login (user='a', pwd='§')"})),
    ("json", J({"event": {"request": {"cookies": "sessionid=§; theme=dark"}}})), ("json", J({"request": {"env": {"HTTP_AUTHORIZATION": "Bearer §"}}})), ("json", J({"headersList": ["Authorization: Bearer §", "Accept: */*"]})), ("json", J({"rawHeaders": ["Host", "x", "Authorization", "Bearer §"]})), ("text", "curl 'https://x/' -b 'sid=§; a=1'\n"), ("text", "http POST x.example/login password=§ user=a\n"), ("text", "wget --http-password=§ https://x/\n"),
    # products
    ("json", J({"bot": {"token": "123456789:AAH§xxxxxxxxxxxxxxxxxxxx"}})), ("json", J({"dsn": "https://abc§@o1.ingest.sentry.io/1"})), ("json", J({"ingestionKey": "§"})), ("json", J({"licenseKey": "§"})), ("json", J({"integrationKey": "§"})), ("json", J({"routing": {"service_key": "§"}})), ("json", J({"writeKey": "§"})), ("json", J({"adminApiKey": "§"})), ("json", J({"searchKey": "x", "adminKey": "§"})),
    ("json", J({"accountSid": "AC1", "authToken": "§"})), ("json", J({"zapier": "https://hooks.zapier.com/hooks/catch/1/§/"})), ("json", J({"url": "https://discord.com/api/webhooks/1098765432109876543/§"})), ("json", J({"url": "https://outlook.office.com/webhook/x@y/IncomingWebhook/§/z"})), ("json", J({"pat": "§"})), ("json", J({"appPassword": "§"})), ("json", J({"masterPassword": "§", "vault": "x"})), ("json", J({"masterPasswordHash": "§"})), ("json", J({"encKey": "§"})), ("json", J({"storageState": {"localStorage": [{"name": "auth_token", "value": "§"}]}})),
    ("json", J({"smtp": {"user": "a", "pass": "§"}})), ("json", J({"proxy": {"auth": {"username": "a", "password": "§"}}})), ("json", J({"auth": ["ann", "§"]})), ("json", J({"basicAuth": "ann:§"})), ("json", J({"rpcauth": "a:§"})), ("json", J({"seedPhrase": "§ b c"})), ("json", J({"wallet": {"privateKey": "0x§"}})), ("json", J({"macaroon": "§"})), ("json", J({"turn": {"urls": "turn:t.example", "username": "1:a", "credential": "§"}})),
    ("json", J({"streamKey": "§", "rtmp": "rtmp://x/live"})), ("json", J({"ice_pwd": "§"})), ("json", J({"meeting": {"id": 1, "passcode": "§"}})), ("json", J({"start_url": "https://zoom.example/s/1?zak=§"})), ("json", J({"hostKey": "§"})), ("json", J({"db": {"user": "a", "pw": "§"}})), ("json", J({"ftp_pw": "§"})), ("json", J({"bindCredentials": "§", "bindDn": "cn=a"})), ("json", J({"keystorePassword": "x", "truststore_password": "§"})), ("json", J({"sslkeypassword": "§"})), ("json", J({"jaas": "org.x.PlainLoginModule required username=\"a\" password=\"§\";"})),
    # Where no name stands beside the secret.
    ("json", J({"snmp": {"version": "2c", "community": "§"}})), ("json", J({"snmpCommunity": "§"})), ("text", "snmp-server community § RO\n"), ("text", "snmpwalk -v2c -c § 10.0.0.1\n"), ("text", "rocommunity § 10.0.0.0/8\n"),
    ("text", "EHLO x\r\nAUTH PLAIN %s\r\n" % b64("\0ann\0" + S)), ("text", "AUTH LOGIN\r\n334 VXNlcm5hbWU6\r\nYW5u\r\n334 UGFzc3dvcmQ6\r\n%s\r\n" % b64(S)), ("json", J({"log": "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YW5u\nS: 334 UGFzc3dvcmQ6\nC: %s\n" % b64(S)})),
    ("json", J({"log": "> AUTH PLAIN %s" % b64("\0ann\0" + S)})), ("text", "a1 LOGIN ann §\r\n"), ("text", 'A001 LOGIN "ann" "§"\r\n'), ("json", J({"line": "a1 LOGIN ann §"})), ("json", J({"k": "md-§12aBcDe"})),
    ("text", "npm config set //registry.npmjs.org/:_authToken §\n"), ("text", "*:*:*:ann:§\n"), ("text", "db.example:5432:*:ann:§\n"), ("json", J({"file": "*:*:*:ann:§\n"})),
    ("json", J({"id": "x", "name": "n", "api_key": "k", "encoded": b64("x:" + S)})), ("json", J({"method": "login", "params": ["ann", "§"], "id": 1})), ("text", "mysql -u root -p§\n"), ("text", "curl -u ann:§ https://x/\n"), ("text", "sshpass -p § ssh h\n"), ("json", J({"cmd": "sshpass -p § ssh h"})),
]

HARMLESS = [
    ("json", J({"auth": 3, "m": "§"})), ("json", J({"session": {"name": "§", "starts": "2026-01-01"}})), ("json", J({"pass": 12, "fail": 1, "m": "§"})), ("json", J({"passed": True, "m": "§"})), ("json", J({"passport_country": "§"})), ("json", J({"secretary": "§"})),
    ("json", J({"secretariat": "§"})), ("json", J({"authors": ["§"]})), ("json", J({"authored_by": "§"})), ("json", J({"authority": "§"})), ("json", J({"authorizedAmount": 12, "m": "§"})), ("json", J({"keyword": "§"})), ("json", J({"keynote": "§"})), ("json", J({"monkey": "§"})),
    ("json", J({"tokenizer": {"type": "§"}})), ("json", J({"tokenization": "§"})), ("json", J({"token_limit": 4096, "m": "§"})), ("json", J({"completion_tokens_details": {"reasoning_tokens": 1}, "m": "§"})), ("json", J({"design_tokens": {"color": {"primary": {"value": "#fff", "note": "§"}}}})),
    ("json", J({"tokenSymbol": "§"})), ("json", J({"tokenName": "§", "contractAddress": "0xabc"})), ("json", J({"tokenType": "§"})), ("json", J({"next_page_token": "§"})), ("json", J({"nextSyncToken": "§"})), ("json", J({"NextMarker": "§"})), ("json", J({"cursor": "§"})), ("json", J({"pageInfo": {"endCursor": "§"}})),
    ("json", J({"etag": "\"§\""})), ("answer ETag", '"§"'), ("header If-None-Match", 'W/"§"'), ("answer X-Request-Id", "§"), ("header X-Correlation-Id", "§"), ("answer Content-Security-Policy", "script-src https://§.example"), ("header Sec-Ch-Ua", '"§";v="1"'), ("answer Access-Control-Expose-Headers", "X-Auth-Token, §"),
    ("header Idempotency-Key", "§"), ("header Sec-WebSocket-Extensions", "§"), ("answer Server-Timing", "auth;dur=3;desc=\"§\""), ("answer Retry-After", "3"), ("header Origin", "https://§.example"), ("answer X-Cache-Key", "/§"), ("answer Cache-Key", "§"), ("answer Allow", "GET, §"),
    ("json", J({"type": "object", "properties": {"password": {"type": "string", "format": "password", "title": "§"}}})), ("json", J({"properties": {"apiKey": {"type": "string", "description": "The key of your account, §"}}})), ("json", J({"securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "§"}}})),
    ("json", J({"securitySchemes": {"ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "§"}}})), ("json", J({"errors": [{"field": "password", "message": "must have a digit", "id": "§"}]})), ("json", J({"error": "invalid_token", "error_description": "The access token expired", "m": "§"})), ("json", J({"message": "Password must be at least 8 characters", "m": "§"})),
    ("json", J({"password_expires_in_days": 12, "m": "§"})), ("json", J({"passwordLastChanged": "§"})), ("json", J({"password_reset_at": "§"})), ("json", J({"isPasswordProtected": False, "m": "§"})), ("json", J({"forgot_password_url": "https://x.example/§"})), ("json", J({"two_factor_enabled": True, "m": "§"})), ("json", J({"mfa_methods": ["totp"], "m": "§"})),
    ("json", J({"codec": "§"})), ("json", J({"country_code": "§"})), ("json", J({"zip_code": "§"})), ("json", J({"statusCode": 200, "m": "§"})), ("json", J({"error_code": "§"})), ("json", J({"promo_code": "§"})), ("json", J({"currencyCode": "§"})), ("json", J({"postcode": "§"})), ("json", J({"barcode": "§"})), ("json", J({"source_code": "§"})),
    ("json", J({"signal": "§"})), ("json", J({"sign_up_date": "§"})), ("json", J({"design": "§"})), ("json", J({"assigned": "§"})), ("json", J({"signed_by": "§"})), ("json", J({"signatureAlgorithm": "§"})), ("json", J({"sigma": 1.5, "m": "§"})), ("json", J({"pinned": True, "m": "§"})), ("json", J({"spinner": "§"})), ("json", J({"pinterest": "§"})), ("json", J({"opinion": "§"})), ("json", J({"pin": {"lat": 1.0, "lng": 2.0, "label": "§"}})),
    ("json", J({"cookiePolicy": "§"})), ("json", J({"cookie_consent": "§"})), ("json", J({"cookies_accepted": True, "m": "§"})), ("json", J({"jwks_uri": "https://x.example/§"})), ("json", J({"token_endpoint": "https://x.example/§"})), ("json", J({"token_endpoint_auth_methods_supported": ["client_secret_basic"], "m": "§"})), ("json", J({"keys": [{"kty": "RSA", "kid": "§", "n": "abc", "e": "AQAB"}]})),
    ("json", J({"publicKey": "§"})), ("json", J({"foreign_key": "§"})), ("json", J({"partitionKey": "§"})), ("json", J({"sort_key": "§"})), ("json", J({"cache_key": "§"})), ("json", J({"keyId": "§"})), ("json", J({"i18n_key": "§"})), ("json", J({"hotkey": "§"})), ("json", J({"hash": "§"})), ("json", J({"checksum": "§"})), ("json", J({"sha256": "§"})), ("json", J({"nonce": "§"})), ("json", J({"salt_water": "§"})),
    ("text", ":root {\n  --color-token-primary: #fff;\n  --token-name: §;\n}\n"), ("text", "SELECT token, name FROM t WHERE name = '§'\n"), ("text", "if password is None: raise ValueError('§')\n"), ("text", "The password policy says §.\n"), ("text", "def login(user, password):\n    return '§'\n"), ("text", "Tokens used: 1432\nName: §\n"),
    ("html", '<label for="password">Password</label><input id="name" value="§">'), ("html", '<input type="password" name="password" placeholder="§">'), ("html", '<a href="/forgot-password">§</a>'), ("html", "<h1>API keys</h1><p>§</p>"), ("xml", "<author>§</author>"), ("xml", "<passage>§</passage>"), ("yaml", "passport: required\nname: §\n"), ("yaml", "keymap: §\n"), ("query", "sort_key=name&q=§"), ("query", "page_token=a&q=§"), ("form", "newsletter=1&secretary=§"), ("form", "pass_through=1&q=§"),
    ("json", J({"community": "§"})), ("json", J({"communities": [{"name": "§"}]})), ("text", "Community guidelines for everyone 2026 §\n"), ("text", "AUTH LOGIN required for §\n"), ("text", "12 LOGIN ann §\n"), ("text", "x.py:12:3:E501:§\n"), ("text", "10:30:00:00:§\n"), ("json", J({"m": "md-5 col-md-6 §"})),
    ("json", J({"appid": "wx§"})), ("json", J({"appid": 440, "m": "§"})), ("json", J({"encoded": "§"})), ("json", J({"encoding": "enc:§"})), ("json", J({"method": "login", "m": "§"})), ("json", J({"jsonrpc": "2.0", "method": "eth_call", "params": ["§", "latest"]})), ("json", J({"m": "Your promo code is §"})),
    ("json", J({"m": "Your code is 20 % cheaper, §"})), ("json", J({"m": "Use code 2026 for §"})), ("json", J({"m": "error code 40412 §"})), ("json", J({"id": "/secrets/§", "kind": "x"})), ("json", J({"type": "random_pet", "instances": [{"attributes": {"result": "§"}}]})), ("json", J({"stream": "§"})), ("json", J({"pat": "§ Smith"})),
    ("json", J({"set": "set the table for § 2026"})), ("text", "set color § blue\n"), ("text", "vault of the bank, § 2026\n"), ("text", 'variable "region" {\n  default = "§"\n}\n'), ("text", "ldapsearch -x -D cn=§ -b dc=x\n"), ("text", "name\tTRUE\tx\tFALSE\t1\ta\t§\n"), ("text", "go\tset\tpassword\n§\n"),
]
