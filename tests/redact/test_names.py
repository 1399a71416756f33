"""Which field names are secret: a table, since the rule is only as good as its rows."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.redact import MASK
from flask_auditlog.redact import Masker

SECRET = """
password Password PASSWORD passwd pwd PGPASSWORD passphrase passcode
user_password userPassword UserPassword user-password user.password USER_PASSWORD
new_password oldPassword password1 password_2 passwordConfirm password_confirmation
password_hash passwordHash passwordSalt password_history DB_PASSWORD_PROD db_pass smtpPass pass
secret clientSecret client_secret CLIENT-SECRET clientsecret SecretString secret_value
stripe_secret_key SECRET_KEY SECRET_KEY_BASE webhookSecret totp_secret secrets
token accessToken access_token ACCESS_TOKEN accesstoken refresh-token idToken authToken
X-Auth-Token sessionToken session_token csrf_token csrfToken csrfmiddlewaretoken _csrf
X-XSRF-TOKEN authenticity_token reset_password_token tokens token_hash api_token TOKEN_GITHUB
clientToken jwt bearer
apiKey api_key API-KEY X-Api-Key apikey APIkey APIKey api_key_2 apiKeys
secretAccessKey aws_secret_access_key access_key accessKey privateKey private_key PRIVATE-KEY
ssh_private_key signing_key encryptionKey sessionKey accountKey preSharedKey psk
authorization Authorization Proxy-Authorization authorization_code
cookie Cookie Set-Cookie set_cookie sessionCookie cookies connect.sid PHPSESSID
otp OTP otp_code totp mfaCode mfa_code 2fa_code twoFactorCode verification_code backupCodes
codeVerifier one_time_code pin PIN userPin cvv CVV cvv2 cvc card_number cardNumber cardnumber
credentials credential aws_credentials connectionString connection_string ConnectionStrings
recovery_phrase mnemonic securityAnswer magic_link SAMLResponse client_assertion
contraseña mot_de_passe Passwort
"""
CLEAR = """
nextToken next_token pageToken next_page_token continuationToken NextContinuationToken
prevToken clientRequestToken idempotencyToken httpTokens syncToken
tokenType token_type tokenId token_id tokenIDs token_expires_at tokenExpiry tokenEndpoint
token_url tokenCount token_name tokenLast4 token_last4 token_prefix token_scopes tokenizer
maxTokens max_tokens totalTokens min_password_length
password_changed_at passwordPolicy password_policy hasPassword isPasswordSet requiresPassword
passwordless password_length passwordStrength password_expires_at password_required
secretId secret_id SecretARN SecretVersionId secret_name secretsmanager secretary
accessKeyId access_key_id AccessKeyID keyId key public_key publicKey sshPublicKey primary_key
foreignKey keyboard monkey kmsKeyId api_key_id apiKeyName
cookieConsent cookie_policy cookie_domain authorizationUrl authorization_endpoint
authorizationPolicy author authDetails auth_method authMethod authenticated
mfaAuthenticated mfaEnabled otp_enabled otpLength pinned shipping spinning pin_count
card_brand cardLast4 card_number_last4 discard scorecard networkCardIndex
credentialId credential_type credentialsProvider sessionId session_id sessionContext code
code_id statusCode country_code zip compass passenger bypass passed pass_count
signature state nonce challenge username email name user description
"""


@pytest.mark.parametrize("name", SECRET.split())
def test_a_secret_name_masks_its_value(name: str) -> None:
    assert Masker().value({name: "x1"}) == {name: MASK}


@pytest.mark.parametrize("name", ["pass\u200bword", "pa\u0308ssword", "\uff50\uff57\uff44"])
def test_invisible_and_full_width_characters_hide_no_name(name: str) -> None:
    assert Masker().value({name: "x1"}) == {name: MASK}


@pytest.mark.parametrize("name", ["password" + "_x" * 500, "x_" * 500 + "password"])
def test_a_long_name_is_read_to_its_ends(name: str) -> None:
    assert Masker().value({name: "x1"}) == {name: MASK}


@pytest.mark.parametrize("name", CLEAR.split())
def test_a_name_that_is_no_secret_leaves_its_value(name: str) -> None:
    value = {name: "x1"}
    assert Masker().value(value) is value


@pytest.mark.parametrize("name", ["iban", "IBAN", "customerIban", "customer_iban", "iban-2"])
def test_a_name_that_was_added_masks_in_any_spelling(name: str) -> None:
    assert Masker(names=["iban"]).value({name: "DE02"}) == {name: MASK}


@pytest.mark.parametrize("name", ["ibanType", "urban", "caliban", "has_iban"])
def test_a_name_that_was_added_masks_whole_words_only(name: str) -> None:
    assert Masker(names=["iban"]).value({name: "DE02"}) == {name: "DE02"}


def test_an_added_name_wins_over_the_built_in_exceptions() -> None:
    masked = Masker(names=["sessionId", "nextToken"]).value({"session_id": "x", "next_token": "y"})
    assert masked == {"session_id": MASK, "next_token": MASK}


@pytest.mark.parametrize("name", ["client_token", "clientToken", "Client-Token"])
def test_a_kept_name_is_not_masked_by_name(name: str) -> None:
    assert Masker(keep=["clientToken"]).value({name: "x"}) == {name: "x"}


def test_a_kept_name_keeps_no_longer_name_and_no_shape() -> None:
    masker = Masker(keep=["token"])
    value = {"token": "ghp_" + "a" * 36, "access_token": "x"}
    assert masker.value(value) == {"token": MASK, "access_token": MASK}


def hashed(text: str) -> str:
    """Stands for the keyed hash, and looks like one."""
    return f"[hmac:{text.encode().hex():0>32}]"


H = hashed("DE02")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"iban": "DE02"}, {"iban": H}),
        ({"customerIban": 17}, {"customerIban": hashed("17")}),
        ({"iban": ["DE02", None]}, {"iban": [H, None]}),
        ({"a": [{"IBAN": ["x", ["y"]]}]}, {"a": [{"IBAN": [hashed("x"), [hashed("y")]]}]}),
        ({"iban": {"country": "DE"}}, {"iban": MASK}),
        ({"iban": True}, {"iban": True}),
        ({"iban": ""}, {"iban": ""}),
        ({"name": "iban", "value": "DE02"}, {"name": "iban", "value": H}),
        ({"pairs": [["iban", "DE02"]]}, {"pairs": [["iban", H]]}),
        ({"text": '{"iban": "DE02"}'}, {"text": f'{{"iban":"{H}"}}'}),
        ({"text": "iban=DE02"}, {"text": f"iban={MASK}"}),
        ({"ibanType": "x", "urban": "y"}, {"ibanType": "x", "urban": "y"}),
        ({"password": "x"}, {"password": MASK}),
    ],
    ids=range(13),
)
def test_what_is_to_be_recognized_is_told_by_a_hash(value: Any, told: Any) -> None:
    masker = Masker(hash=["iban"], matched=hashed)
    assert masker.value(value) == told


def test_a_hash_is_not_hashed_again() -> None:
    said = {"iban": f"[hmac:{'0a' * 16}]"}
    assert Masker(hash=["iban"], matched=hashed).value(said) == said
