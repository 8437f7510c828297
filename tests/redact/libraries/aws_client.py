"""boto3 against moto's server: what makes, hands out and uses credentials; prints the secrets, as JSON."""

import json
import secrets
import sys
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import boto3
from botocore.config import Config

known = {secrets.token_urlsafe(24) for _ in range(2)}
key, given = sorted(known)
where = {
    "endpoint_url": sys.argv[1], "region_name": "eu-west-1", "aws_access_key_id": "AKIATESTTESTTESTTEST", "aws_secret_access_key": key, "aws_session_token": given,
    "config": Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, signature_version="v4"),
}


def client(name, **more):
    return boto3.client(name, **dict(where, **more))


def secret():
    made = secrets.token_urlsafe(18) + "aA1!"
    known.add(made)
    return made


iam, sts, ssm, store = client("iam"), client("sts"), client("ssm"), client("secretsmanager")
iam.create_user(UserName="ann")
iam.create_login_profile(UserName="ann", Password=secret())
known.add(iam.create_access_key(UserName="ann")["AccessKey"]["SecretAccessKey"])
for answer in (
    sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="shop", TokenCode="123456", SerialNumber="arn:aws:iam::123456789012:mfa/x"),
    sts.assume_role_with_web_identity(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="shop", WebIdentityToken=secret()), sts.get_session_token(),
):
    known.update((answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"]))
store.create_secret(Name="db", SecretString=json.dumps({"username": "ann", "password": secret()}))
store.create_secret(Name="plain", SecretString=secret())
assert store.get_secret_value(SecretId="plain")["SecretString"] in known
ssm.put_parameter(Name="/shop/db/password", Value=secret(), Type="SecureString")
assert ssm.get_parameter(Name="/shop/db/password", WithDecryption=True)["Parameter"]["Value"] in known
s3 = client("s3", config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="box", Key="a.txt", Body=b"hello")
url = s3.generate_presigned_url("get_object", Params={"Bucket": "box", "Key": "a.txt"})
known.add(parse_qs(urlsplit(url).query)["X-Amz-Signature"][0])
assert urlopen(url).read() == b"hello"
print(json.dumps(sorted(known)))
