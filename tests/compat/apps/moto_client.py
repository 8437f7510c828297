"""boto3 against moto's server: S3 with binary objects and a multipart upload, DynamoDB, SQS. Prints what came back."""

import hashlib
import io
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

where = {
    "endpoint_url": sys.argv[1],
    "region_name": "eu-west-1",
    "aws_access_key_id": "AKIATESTTESTTESTTEST",
    "aws_secret_access_key": "secret",
    "config": Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        response_checksum_validation="when_required",  # moto 5.1 has a wrong one for an upload in parts
    ),
}
noise = bytes(range(256)) * 4096

s3 = boto3.client("s3", **where)
s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="box", Key="noise.bin", Body=noise, Metadata={"of": "a test"})
s3.put_object(Bucket="box", Key="Å b/c+d.txt", Body="smörgås".encode(), ContentType="text/plain; charset=utf-8")
parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=2)
s3.upload_fileobj(io.BytesIO(noise * 12), "box", "large.bin", Config=parts)
for key in ("noise.bin", "Å b/c+d.txt", "large.bin"):
    got = s3.get_object(Bucket="box", Key=key)
    print(key, got["ContentType"], got["ETag"], hashlib.sha256(got["Body"].read()).hexdigest())
print(s3.get_object(Bucket="box", Key="noise.bin", Range="bytes=100-199")["Body"].read())
print([(it["Key"], it["Size"]) for it in s3.list_objects_v2(Bucket="box")["Contents"]])
s3.delete_object(Bucket="box", Key="noise.bin")
try:
    s3.head_object(Bucket="box", Key="noise.bin")
except s3.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])

table = boto3.resource("dynamodb", **where).create_table(
    TableName="things",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
with table.batch_writer() as batch:
    for number in range(30):
        batch.put_item(Item={"id": str(number), "data": bytes([number]) * 100, "n": number})
print(sorted((it["id"], bytes(it["data"]), int(it["n"])) for it in table.scan()["Items"]))
print("Item" in table.get_item(Key={"id": "99"}))

sqs = boto3.client("sqs", **where)
queue = sqs.create_queue(QueueName="line")["QueueUrl"]
print(sqs.send_message(QueueUrl=queue, MessageBody="first — ✓")["MD5OfMessageBody"])
message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
print(message["Body"])
sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
print(sqs.receive_message(QueueUrl=queue).get("Messages"))
