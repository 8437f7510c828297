"""The names that stand before secrets, and nothing else; folded: lower case, without `-` and `_`."""
# ruff: noqa: SIM905 - long lists of words read best as text

# Short enough to be guessed: masked by a constant, never by a hash.
PASSWORDS = "password passwd passwrd pwd pass passcode passphrase passwort".split()
WHOSE_PASSWORD = """
    new old current previous confirm confirmed repeat repeated verify retype original temp temporary initial
    user my login account admin master root email db database mysql postgres redis smtp ftp ldap proxy wifi
    plain hashed encrypted client app keystore
""".split()
WHICH_PASSWORD = "s 1 2 3 new old confirm confirmation again repeat verify verification hash hint answer".split()
OTHER_SECRETS = """
    secret secrets clientsecret appsecret consumersecret sharedsecret secretkey secretaccesskey awssecretaccesskey
    webhooksecret signingsecret signingkey sessionsecret jwtsecret totpsecret otpsecret mfasecret apisecret
    privatekey privkey rsaprivatekey sshprivatekey sshkey pgpprivatekey encryptionkey masterkey hmackey
    credential credentials creds mnemonic seedphrase recoveryphrase
    pin pins pincode pinnumber newpin oldpin currentpin confirmpin cardpin userpin
    otp otps otpcode totp totpcode hotp onetimepassword onetimepasscode onetimecode
    mfacode tfacode 2facode twofactorcode authcode authorizationcode verificationcode smscode securitycode
    backupcode backupcodes recoverycode recoverycodes resetcode logincode accesscode
    cvv cvv2 cvc cvc2 csc cvn cardcvv cardcvc cardcode cardverificationvalue cardsecuritycode
    securityanswer securityanswers securityanswer1 securityanswer2 securityanswer3
    secretanswer secretanswers challengeanswer
""".split()

# Long and random: masked by a keyed mark that tells sessions apart.
WHICH_TOKEN = """
    access refresh id auth authentication authorization api app bearer session user device csrf xsrf csrfmiddleware
    security secret reset passwordreset resetpassword verification verify confirmation confirm activation invite
    invitation login magic oauth oauth2 sso jwt service account client push registration registrationaccess
    personalaccess private job deploy bot webhook github gitlab vault slack shopifyaccess amzsecurity amzsession
    customer unsubscribe remember rememberme payment upload download share subject actor requestverification
""".split()
OTHER_CREDENTIALS = """
    token tokens jwt jwts bearer auth apikey apikeys apitokens accesskey accesskeys secretapikey appkey
    subscriptionkey ocpapimsubscriptionkey googapikey functionskey masterapikey
    apiauth apiauthkey authkey authenticationkey sessionkey servicekey clientkey
    session sessionid sessid sid phpsessid jsessionid aspnetsessionid connectsid aspxauth
    cookie cookies setcookie cookie2 setcookie2 sessioncookie csrf xsrf csrfkey
    assertion clientassertion samlresponse samlart serviceticket ticketgrantingticket magiclink
    signature sig amzsignature googsignature amzcredential hubsignature
    authenticationinfo devicecode codeverifier dpop clientcert forwardedclientcert
""".split()

# A scheme and a credential.
AUTHORIZATIONS = "authorization proxyauthorization authorizationheader authheader forwardedauthorization".split()

# The schemes that stay readable before a credential, lower case.
SCHEMES = frozenset(
    """
    basic bearer digest token apikey api-key key jwt dpop hoba mutual negotiate ntlm oauth privatetoken vapid gnap hawk
    scram-sha-1 scram-sha-256 ssws mac aws aws4-hmac-sha256 googlelogin sharedkey sharedkeylite bot
    """.split()
)

# Headers that are URLs, or hold some: queries and fragments in them are searched.
URL_HEADERS = frozenset(
    """
    referer referrer location contentlocation link refresh destination xoriginalurl xoriginaluri xrewriteurl
    xforwardeduri xforwardedurl xforwardedpath xenvoyoriginalpath xrequesturi requesturi xaccelredirect
    hxcurrenturl hxredirect hxlocation hxpushurl hxreplaceurl turbolocation
    """.split()
)

# What may follow a cookie's value in Set-Cookie, lower case.
COOKIE_ATTRIBUTES = frozenset(
    "domain path expires max-age secure httponly samesite partitioned priority version comment port discard".split()
)
