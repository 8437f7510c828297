"""The words of names that stand before secrets, and nothing else; folded: lower case, letters alone."""
# ruff: noqa: SIM905 - long lists of words read best as text

# -- passwords: short enough to be guessed, masked by a constant, never by a hash

# Anywhere in a name: English, German, Dutch, Nordic, Romance, Slavic, Turkish, Hungarian, Indonesian.
PASSWORDS = """
    password passwd passwrd passwort passphrase passcode passkode passord kennwort wachtwoord adgangskode kodeord
    losenord lösenord salasana senha contrasena contraseña contrasenya motdepasse parolachiave haslo hasło heslo
    jelszo jelszó lozinka sifre şifre katasandi matkhau пароль парола κωδικός סיסמה
    密码 密碼 パスワード 暗証番号 비밀번호 รหัสผ่าน
""".split()
# What a name may go on with that says how a password has to be, not which it is.
ABOUT_PASSWORDS = """
    policy policies length strength hint less reset rule requirement expir changed updated created lastset last date
    age min max require type enabled disabled attempt url uri link page path form label placeholder help error message
    msg valid score count algorithm format quality manager protected match mismatch correct incorrect state status
    visible toggle grant mode complexity prompt encoder hasher exists needed title text desc regex pattern
""".split()
# As the last word, or the whole name.
PASSWORD_WORDS = "pass pwd pw passw pword psw mdp parole parola clave contra".split()

# -- other short secrets, and those that the collector never has to tell apart: by the end of a name

SECRET_ENDS = """
    secret secrets secretkey secretaccesskey secretkeys secretvalue secretstring secretbinary secrethash secretdata
    privatekey privkey privatekeypem privatekeydata clientkeydata sshkey pgpkey encryptionkey decryptionkey masterkey
    hmackey signingkey wrappingkey accountkey sharedkey sharedaccesskey storagekey licensekey keymaterial credential
    credentials creds mnemonic seedphrase recoveryphrase otpcode totpcode onetimepassword onetimepasscode onetimecode
    mfacode tfacode twofactorcode authcode authorizationcode verificationcode verifycode smscode securitycode
    backupcode backupcodes recoverycode recoverycodes resetcode logincode accesscode activationcode confirmationcode
    invitecode scratchcode unlockcode usercode pairingcode pincodeentry cvv cvc csc cvn cvvs cardcode
    cardverificationvalue verificationvalue securityanswer securityanswers secretanswer secretanswers challengeanswer
""".split()
SECRET_WORDS = "otp otps totp hotp pem pfx facode".split()  # the last word, or all of it
PIN_WORDS = "pin pins".split()  # likewise; masked where the value looks like one

# -- long and random: masked by a keyed mark that tells sessions apart, by the end of a name

CREDENTIAL_ENDS = """
    token tokens jwt jwts jws tokenhint tokenhash tokenvalue tokendata bearer apikey apikeys apikeyvalue accesskey
    accesskeys appkey subscriptionkey functionskey functionkey hostkey authkey authenticationkey sessionkey servicekey
    clientkey deploykey rapidapikey writekey ingestkey ingestionkey integrationkey webhookkey saskey sastoken
    sharedaccesssignature assertion samlresponse samlart serviceticket ticketgrantingticket magiclink signature
    amzcredential sessionid sessionids sessid phpsessid jsessionid aspnetsessionid connectsid aspxauth sessioncookie
    sessiondata cookie cookies csrf xsrf csrfkey csrfvalue xsrfvalue devicecode codeverifier clientcert
    clientcertificate authorizationauxiliary oauthverifier signaturevalue applicationkey
    oidcdata clientprincipal requestverification hmacsha hmac
    authenticationinfo
""".split()
# The last word.
CREDENTIAL_WORDS = "auth sig tkn jwe dpop apiauth".split()
# All of it, also after `x`.
CREDENTIAL_NAMES = "session sessions sid token".split()
# Some of them as captions write them.
PHRASES = (
    "api key",
    "access key",
    "private key",
    "secret key",
    "license key",
    "account key",
    "signing key",
    "encryption key",
)
# What stands before `token` where that is one of paging, or its like.
PUBLIC_TOKENS = (
    "page next prev previous sync cursor continuation pagination paging skip delta idempotency clientrequest".split()
)
PUBLIC_ENDS = "emailsignature mailsignature messagesignature".split()

# A scheme and a credential, by the end of a name.
AUTHORIZATION_ENDS = "authorization authorizationheader authheader forwardedauthorization sentryauth proxyauth".split()

# Names of objects that hold data too: what is in them is judged by its own name.
HOLDERS = frozenset(
    "session sessions auth tokens cookie cookies signature signatures credential credentials creds pass".split()
)
# Names in them that say nothing of their own.
GENERIC_NAMES = frozenset(
    "value values key id data raw string current hash access refresh bearer plain text content v val code".split()
)
# What a schema, a form or a validator says of a field.
SCHEMA_NAMES = frozenset(
    """
    type format description title minlength maxlength min max pattern nullable readonly writeonly ref required label
    helptext help widget placeholder deprecated minimum maximum name in displayname order group kind bsontype anyof
    oneof allof autocomplete errormessage messages message msg hidden disabled visible
""".split()
)
# Values under any secret name that are no secret.
PUBLIC_VALUES = frozenset(
    """
    true false null none undefined nil yes no on off include omit same-origin basic bearer digest negotiate ntlm oauth
    oauth2 required optional string password text hidden
""".split()
)

# The schemes that stay readable before a credential, lower case.
SCHEMES = frozenset(
    """
    basic bearer digest token apikey api-key key jwt dpop hoba mutual negotiate ntlm oauth privatetoken vapid gnap
    hawk scram-sha-1 scram-sha-256 ssws mac aws aws4-hmac-sha256 googlelogin sharedkey sharedkeylite bot sentry
    discogs
""".split()
)

# What may follow a cookie's value in Set-Cookie, lower case.
COOKIE_ATTRIBUTES = frozenset(
    "domain path expires max-age secure httponly samesite partitioned priority version comment port discard".split()
)
