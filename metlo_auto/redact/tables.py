"""The words of names that stand before secrets, and nothing else; folded: lower case, letters alone."""
# ruff: noqa: SIM905 - long lists of words read best as text

# -- passwords: short enough to be guessed, masked by a constant, never by a hash

# Anywhere in a name: English, German, Dutch, Nordic, Romance, Slavic, Turkish, Hungarian, Indonesian.
PASSWORDS = """
    password passwd passwrd passwort motpasse parool geslo geheimzahl
    passphrase passcode passkode passord kennwort wachtwoord adgangskode kodeord
    losenord lösenord salasana senha contrasena contraseña contrasenya motdepasse parolachiave haslo hasło heslo
    jelszo jelszó lozinka sifre şifre katasandi matkhau palavrapasse zaporka fjalekalimi slaptazodis geheimnis
    пароль парола лозинка токен секрет κωδικός סיסמה पासवर्ड fjalëkalim slaptažod mậtkhẩu mật_khẩu mật-khẩu
    كلمةالمرور كلمة_المرور كلمة-المرور رمزعبور رمز_عبور گذرواژه
    密码 密碼 口令 令牌 密钥 密鑰 パスワード 暗証番号 トークン 비밀번호 암호 토큰 รหัสผ่าน
""".split()
# What a name may go on with that says how a password has to be, not which it is.
ABOUT_PASSWORDS = """
    policy policies length strength hint less reset rule requirement expir changed updated created lastset last date
    age min max require type enabled disabled attempt url uri link page path form label placeholder help error message
    msg valid score count algorithm format quality manager protected match mismatch correct incorrect state status
    visible toggle grant mode complexity prompt encoder hasher exists needed title text desc regex pattern
    file hashalg authentication secretref secretname
    name id provider version lastchange changeat changeon changetime changedate changerequired
""".split()
# As the last word, or the whole name.
PASSWORD_WORDS = "pass pw passw pword psw mdp parole parola clave contra upw psk requirepass mima".split()

# -- other short secrets, and those that the collector never has to tell apart: by the end of a name

SECRET_ENDS = """
    secret secrets secretkey secretaccesskey secretkeys secretvalue secretstring secretbinary secrethash secretdata
    privatekey privkey privatekeypem privatekeydata clientkeydata sshkey pgpkey encryptionkey decryptionkey masterkey
    hmackey signingkey signkey wrappingkey accountkey sharedkey sharedaccesskey storagekey licensekey keymaterial
    privatekeyopenssh privatekeypkcs privatekeypempkcs authtok enckey bindpw rootpw
    snmpcommunity communitystring rocommunity rwcommunity
    aeskey deskey cipherkey cryptkey cryptokey symmetrickey validationkey transactionkey recoverykey activationkey
    walletkey unsealkey unlockkey secretkeybase trankey pinblock cavv secretproof secrettext jscode
    connectionstring connstring
    nwkkey nwkskey appskey nwksenckey setupcode setuppincode xpriv xprv secretseed walletseed masterseed
    unsealkeys unsealkeysb unsealkeyshex recoverykeys recoverykeysb recoverykeyshex
    scaauthenticationdata tanresponse pwhash passhash pwdhash
    credential credentials creds mnemonic seedphrase recoveryphrase totpseed otpseed
    otpcode otpcodes totpcode totpcodes onetimepassword onetimepasscode onetimecode
    mfacode mfacodes tfacode twofactorcode twofacode authcode authenticationcode authenticatorcode authorizationcode
    interactioncode bindingcode
    verificationcode verifycode smscode emailcode challengecode securitycode oobcode tokencode
    backupcode backupcodes recoverycode recoverycodes resetcode logincode signincode accesscode activationcode
    confirmationcode confirmcode invitecode scratchcode scratchcodes unlockcode usercode pairingcode pincodeentry
    cvv cvc csc cvn cvvs cardcode cvvcode cvccode cvvnumber cvcnumber securitynumber
    cardverificationvalue verificationvalue securityanswer securityanswers secretanswer secretanswers challengeanswer
    questionanswer mothersmaidenname mothermaidenname
    pwd userpass dbpass keypass storepass rootpass adminpass smtppass mailpass ftppass sshpass proxypass ldappass
    httppass bindpass loginpass wifipass sudopass becomepass newpass oldpass repass confirmpass mysqlpass redispass
    mtan pushtan smstan
    clavefirma clavedefirma
    loginpw loginpas encpass rpcpass mgrpass apipass secretcode secretphrase setupkey enrollmentkey manualentrykey
    dbkeybase otpkeybase wepkey cryptogram authtan setsteamaccount
    parolanoua parolaveche parolatekrar parolaattuale parolanuova
    codigoseguridad codigodeseguridad codigoseguranca codigodeseguranca codicesicurezza codicedisicurezza
    codigosecreto codicesegreto codedesecurite codedeverification zugangscode
    chiavesegreta chiaveprivata frasesegreta frasesecreta geheimerschluessel privaterschluessel sitzungsschluessel
    kluczprywatny sicherheitsantwort respuestasecreta respostasecreta reponsesecrete rispostasegreta
    clavesecreta chavesecreta claveprivada chaveprivada clesecrete cleprivee codigoverificacion codigodeverificacion
    codigoverificacao codigodeverificacao codesecret geheimcode bestaetigungscode sicherheitscode zugangsdaten
""".split()
SECRET_WORDS = "otc otp otps totp hotp pem pfx facode wif".split()  # the last word, or all of it
PIN_WORDS = "pin pins mpin tpin".split()  # likewise; masked where the value looks like one

PIN_NAMES = ("tan",)  # likewise, where it is the whole name
PIN_ENDS = ("pinnumber", "kodpin", "codepin")  # likewise, by the end

# -- long and random: masked by a keyed mark that tells sessions apart, by the end of a name

CREDENTIAL_ENDS = """
    token tokens jwt jwts jws tokenhint tokenhash tokenvalue tokendata bearer apikey apikeys apikeyvalue accesskey
    accesskeys appkey subscriptionkey functionskey functionkey hostkey authkey authenticationkey sessionkey servicekey
    clientkey deploykey rapidapikey writekey ingestkey ingestionkey insertkey integrationkey webhookkey saskey sastoken
    rsskey feedkey icalkey sakey rolekey anonkey adminkey pagerdutykey
    rpcauth loginchallenge consentchallenge loginverifier consentverifier
    authticket ssoticket loginticket sessionticket fastlykey
    honeycombteam instrumentationkey sentrykey merchantkey loginkey sesskey formkey
    claveapi chaveapi cleapi chiaveapi apischluessel kluczapi jetonacces jetonacceso methodnonce macaroon kerberosticket
    apisign accesssign githuboauth gitlaboauth bitbucketoauth
    sharedaccesssignature assertion samlresponse samlart serviceticket grantingticket magiclink signature
    amzcredential sessionid sessionids sessid phpsessid jsessionid aspnetsessionid connectsid aspxauth sessioncookie
    sessiondata cookie cookies csrf xsrf csrfkey csrfvalue xsrfvalue devicecode codeverifier clientcert
    clientcertificate authorizationauxiliary oauthverifier signaturevalue applicationkey
    oidcdata clientprincipal requestverification hmacsha hmac
    shasign securehash checksumhash signaturev signedrequest wresult ppft wpnonce oscsid zenid icsid sapcontextid
    icxticket
    previewkey sharekey rlkey iplanetdirectorypro mysapsso protectionbypass scnt
    authenticationinfo authreqid preauthorizedcode artapi appcheck steamloginsecure npsso haaccess
""".split()
# The last word.
CREDENTIAL_WORDS = "auth sig tkn jwe dpop apiauth".split()
# All of it, also after `x`.
CREDENTIAL_NAMES = "session sessions sid token".split()
# All of it, where the value looks random.
LIKELY_NAMES = "ticket sign passkey crumb jeton keystore tgt sess refresh pat zak".split()
# By the end of a name, where the value looks random.
LIKELY_ENDS = "secretid localkey networkkey credentialsid sessioninfo streamkey trackdata accesshash".split()
# What some of them may go on with: what a value is, and not what it is for.
WITH_QUALIFIERS = "token apikey accesskey secret".split()
QUALIFIERS = "val str string raw plain plaintext encrypted hashed hash base b new old current".split()
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
# Words that are no name of a secret, and stand beside some.
BESIDE_SECRETS = """
    kty isbaseencoded plaintext secondarykey keyname sensitive masked keysbase securityquestion securityquestions
    recoveryquestion secretquestion docker curl sshpass rediscli mysql identified refresh
    executekw authenticate snmp securestring rabbitmqctl vault params args encoded
    crane podman nerdctl mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh ncftpput ncftpget
    rdesktop twine rabbitmqadmin sqlcmd ipmitool mosquittopub mosquittosub unzip doctl openssl xfreerdp wfreerdp
    signtool schtasks lftp smbclient sqlplus sqlldr expdp impdp serviceprincipal radiusserver tacacsserver isakmp
    keystring kinit nickserv eap ntlm idauthentication converttosecurestring datadescriptor imsi migrate
    destroyed roottoken
    spaddlogin sppassword spaddlinkedsrvlogin aesdecrypt aesencrypt pgpsymdecrypt pgpsymencrypt
    apop smtp ssha smd shacrypt blfcrypt mdcrypt setuser messagedigestkey unrar rar mariadb mycli sshkeygen
    setkeypartitionlist rpcclient winexe psexec evilwinrm hdbsql cyphershell beeline racadm oras buildah regctl
    testsaslauthd steghide usermod useradd veracrypt valkeycli keydbcli pdftotext pdftk ccrypt outguess mcrypt
    sendemail swaks crackmapexec vmrun notarytool unlockkeychain createkeychain
    comsec sentinel postgresql iscrypted
""".split()
# Some of them in more than one word.
PHRASES_BESIDE = ("mot de passe", "pragma key", "pragma rekey", "attach database")
# The same, as beginnings: of commands.
BEGIN_BESIDE = ("ldap", "snmp")
# What stands before `token` where that is one of paging, or its like.
PUBLIC_TOKENS = (
    """
    page next prev previous sync cursor continuation pagination paging skip delta idempotency clientrequest scroll
""".split()
)
# Likewise where it is all that stands before `token`: of paging, and of language models.
PUBLIC_TOKEN_NAMES = frozenset("start end stop pad eos bos unk sep cls special".split())
# Likewise before `tokens`, which are counted.
COUNTED_TOKENS = """
    max total prompt completion input output num number cached reasoning remaining ratelimitlimit ratelimitreset
    thinking context
""".split()
PUBLIC_ENDS = """
    emailsignature mailsignature messagesignature publickeypem publicpem certpem certificatepem capem chainpem
    publickeypins lastpasswordchange lastpasswdchange existingsecret acceptsignature
""".split()

# A scheme and a credential, by the end of a name.
AUTHORIZATION_ENDS = "authorization authorizationheader authheader forwardedauthorization sentryauth proxyauth".split()

# Names of objects that hold data too: what is in them is judged by its own name.
HOLDERS = frozenset(
    "session sessions auth tokens cookie cookies signature signatures credential credentials creds pass".split()
)
# Names in them that say nothing of their own.
GENERIC_NAMES = frozenset(
    "value values key id data raw string current hash access refresh bearer plain content v val code".split()
)
# What a schema, a form or a validator says of a field.
SCHEMA_NAMES = frozenset(
    """
    type format description title minlength maxlength min max pattern nullable readonly writeonly ref required label
    helptext help widget placeholder deprecated minimum maximum name in displayname order group kind bsontype anyof
    oneof allof autocomplete errormessage messages message msg hidden disabled visible secretname defaultmode optional
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

# Headers of a request or response: by the end of a name, and what stands before `key` where that is public.
HEADER_ENDS = tuple("key sign session authentication crumb ticket messagesignature".split())
PUBLIC_KEYS = tuple(
    "idempotency websocket cache surrogate event partition routing object primary sort dedup dedupe lock public".split()
)

# What may follow a cookie's value in Set-Cookie, lower case.
COOKIE_ATTRIBUTES = frozenset(
    "domain path expires max-age secure httponly samesite partitioned priority version comment port discard".split()
)
