"""The words that make a field's name secret, and the words that take it back.

Written as a user would read them: lower case, words apart. ``names.py`` turns a name of
any spelling into such words and looks them up here.
"""

from __future__ import annotations

# What stands under these is masked, wherever they stand in the name. Where a word looks
# missing, a longer one here or a shape (shapes.py) covers it: `mfa token` is a `token`.
SECRETS = """
password, passwords, passwd, pwd, passphrase, passphrases, passcode, passwort, kennwort,
wachtwoord, senha, contrasena, mot de passe, haslo, пароль, 密码, パスワード,
user pass, db pass, smtp pass, mail pass, proxy pass, redis pass,
secret, secrets, token, tokens, credential, credentials, creds, jwt, bearer,
authorization, basic auth, cookie, cookies, csrf, xsrf, phpsessid, jsessionid, connect sid,
api key, api keys, access key, access keys, private key, private keys, secret key, secret keys,
signing key, signature key, encryption key, decryption key, master key, account key, auth key,
authentication key, session key, shared key, preshared key, pre shared key, psk, service key,
hmac key, app key, application key, subscription key, server key, client key, host key,
symmetric key, aes key, recovery key, backup key, sas key, write key, admin key, license key,
licence key, key material, signing secret,
otp, totp, hotp, one time code, mfa code, 2 fa code, two factor code, tf code, sms code,
verification code, recovery code, recovery codes, backup code, backup codes, scratch codes,
security code, login code, reset code, activation code, access code, auth code, code verifier,
pin, cvv, cvc, cvn, card number, card no, cc number, cc num, card verification,
security answer, seed phrase, recovery phrase, mnemonic,
connection string, connection strings, conn str, conn string,
magic link, reset link, login link, csrfmiddlewaretoken, saml response, saml assertion,
client assertion, kubeconfig, dockerconfigjson, pgpass, htpasswd
"""

# Secret only when they are the whole name: inside a longer one they mean something else.
ALONE = "pass, pan"

# Of these an object is not masked whole: what its own name calls an id, a type, a time or
# the like stays. An access key's id is the one thread from its creation to its use.
OPEN = "credential, credentials, creds, access key, access keys, authorization"

# A token that is a place in a listing, or that makes a retry recognisable, opens nothing.
HARMLESS = """
next token, prev token, previous token, page token, pagination token, continuation token,
continue token, start token, starting token, resume token, sync token, cursor token,
change token, cancellation token, idempotency token, client request token, http tokens
"""

# As the last word after a secret one: the field tells about the secret, and does not hold
# it. A word that is missing here means one masked value too many, never one too few.
ABOUT = frozenset(
    """
    id ids uid uuid guid arn name names username type types kind class category categories
    label description title tag tags brand network issuer provider owner holder manager
    service store vault bucket user users country region host domain port path endpoint
    url uri location source policy policies rule rules requirement requirements settings
    options spec mode method methods scheme algorithm alg format version index scope scopes
    audience permissions status state reason error errors message action event events
    operation count counts length len size limit limits max min ttl age at on by date time
    timestamp expires expiry expiration expired expire exp created updated changed modified
    rotated revoked used issued verified valid invalid required enabled disabled allowed
    supported present exists missing empty strength score attempts retries failures usage
    seconds minutes hours days ms lifetime duration interval rotation authentication authenticated protection prefix last4 fingerprint thumbprint
    consent banner notice page symbol price balance samesite secure httponly console
    """.split()
)

# As the first word of a longer name: a yes or no, or a number, about the secret.
FLAGS = frozenset(
    """
    has have is was are can should must may use uses require requires required need needs
    allow allows enable enables disable disables force support supports skip include includes
    max min num total count
    """.split()
)

# The halves of a pair that carries its field's name as a value: {"name": …, "value": …}.
PAIR_NAMES = ("name", "key", "field", "Name", "Key", "Field", "attribute", "property", "header")
PAIR_VALUES = frozenset(
    ["value", "values", "old value", "new value", "old", "new", "before", "after", "from", "to"]
)

# In a URL's query these open something; as a field's name they are ordinary words.
QUERY_SECRETS = frozenset(["code", "key", "sig", "signature", "auth", "session", "ticket", "hmac"])
