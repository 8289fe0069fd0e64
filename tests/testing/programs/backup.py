"""Somebody's backup: a folder to a bucket, and back again. Credentials come from the environment."""

import argparse
import hashlib
import pathlib
import sys

import alibabacloud_oss_v2 as oss


def make_client(region):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()
    config.region = region
    return oss.Client(config)


def ensure_bucket(client, bucket):
    if client.is_bucket_exist(bucket):
        return
    client.put_bucket(oss.PutBucketRequest(bucket=bucket, acl="private"))
    status = oss.VersioningConfiguration(status="Enabled")
    client.put_bucket_versioning(oss.PutBucketVersioningRequest(bucket=bucket, versioning_configuration=status))


def push(client, bucket, folder):
    sent = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        key = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        try:
            head = client.head_object(oss.HeadObjectRequest(bucket=bucket, key=key))
            if (head.metadata or {}).get("sha256") == digest:
                continue
        except oss.exceptions.OperationError as error:
            if error.unwrap().status_code != 404:
                raise
        client.uploader(part_size=200 * 1024, parallel_num=2).upload_file(
            oss.PutObjectRequest(bucket=bucket, key=key, metadata={"sha256": digest}), str(path)
        )
        sent += 1
    return sent


def pull(client, bucket, folder):
    for page in client.list_objects_v2_paginator(limit=2).iter_page(oss.ListObjectsV2Request(bucket=bucket)):
        for found in page.contents or []:
            target = folder / found.key
            target.parent.mkdir(parents=True, exist_ok=True)
            client.get_object_to_file(oss.GetObjectRequest(bucket=bucket, key=found.key), str(target))


def main(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["push", "pull"])
    parser.add_argument("bucket")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--region", default="cn-hangzhou")
    options = parser.parse_args(argv)
    client = make_client(options.region)
    ensure_bucket(client, options.bucket)
    if options.what == "push":
        sys.stdout.write(f"{push(client, options.bucket, options.folder)} sent\n")
    else:
        pull(client, options.bucket, options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
