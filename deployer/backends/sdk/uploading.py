"""The archive and the scripts into the bucket, named by their content; what is there already is not sent again."""

from deployer.backends.sdk.run import DeployRun
from deployer.cloud.oss import OssClient
from deployer.errors.cloud import ArtifactGone, UploadDamaged
from deployer.events import ArtifactUploaded, UploadProgressed
from deployer.models.package import Package
from deployer.models.plan import Plan
from deployer.models.release import Artifact


def upload(oss: OssClient, plan: Plan, package: Package | None, run: DeployRun) -> Artifact:
    """The artifact in OSS; without a package it has to be there already.

    Errors: UploadDamaged when OSS computed another CRC-64 than we did, twice; ArtifactGone.
    """
    object_name = run.names.artifact(plan.artifact_sha256)
    start_sha256, stop_sha256 = plan.scripts_sha256.split(":")
    facts = oss.find_object(run.bucket_name, object_name)
    sent = 0
    if package is None:
        if facts is None:
            raise ArtifactGone(object_name)
        start_name, stop_name = run.names.script(start_sha256), run.names.script(stop_sha256)
    else:
        if facts is None:
            _send(oss, package, object_name, run)
            sent = package.size_bytes
        start_name = _send_script(oss, run, start_sha256, plan.config.start_script)
        stop_name = _send_script(oss, run, stop_sha256, plan.config.stop_script)
    run.emit(ArtifactUploaded(bucket_name=run.bucket_name, object_name=object_name, uploaded_bytes=sent))
    return Artifact(
        bucket_name=run.bucket_name,
        object_name=object_name,
        sha256=plan.artifact_sha256,
        size_bytes=package.size_bytes if package else (facts.size_bytes if facts else 0),
        uploaded_bytes=sent,
        start_object_name=start_name,
        stop_object_name=stop_name,
    )


def _send(oss: OssClient, package: Package, object_name: str, run: DeployRun) -> None:
    def put(_token: str) -> int | None:
        return oss.put_file(
            run.bucket_name,
            object_name,
            package.path,
            lambda sent: run.emit(UploadProgressed(sent_bytes=sent, total_bytes=package.size_bytes)),
        )

    for _attempt in range(2):
        crc64 = run.change("PutObject", "crc64", put, object_name=object_name, size_bytes=package.size_bytes)
        if crc64 is None or crc64 == package.crc64:
            run.created("object", f"oss://{run.bucket_name}/{object_name}", f"{package.size_bytes} bytes")
            return
    oss.delete_objects(run.bucket_name, (object_name,))
    raise UploadDamaged(object_name)


def _send_script(oss: OssClient, run: DeployRun, sha256: str, text: str) -> str:
    object_name = run.names.script(sha256)
    if oss.find_object(run.bucket_name, object_name) is None:
        oss.put_bytes(run.bucket_name, object_name, text.encode())
    return object_name
