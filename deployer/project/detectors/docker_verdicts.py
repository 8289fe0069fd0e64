"""Every image that starting a project with Docker pulls, each with its place and its verdict (M69)."""

from collections.abc import Iterator
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.detectors.compose import COMPOSE_FILES, Build, Service, read_services
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.docker_images import ImageVerdict, judge_image
from deployer.project.detectors.dockerfile import read_images
from deployer.project.project_dir import ProjectDir


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedVerdict:
    """A verdict, and the file (and service) that names the image."""

    file: str
    place: str
    verdict: ImageVerdict

    @property
    def sentence(self) -> str:
        return f"{self.place}: {self.verdict.sentence}"


def judge_docker(project_dir: ProjectDir) -> tuple[PlacedVerdict, ...]:
    """The verdicts on the compose file at the top, else on the Dockerfile; empty without either."""
    for file in COMPOSE_FILES:
        services = read_services(project_dir.find_text(file) or "")
        if services:
            return judge_services(project_dir, file, services)
    return judge_dockerfile(project_dir, "Dockerfile")


def judge_dockerfile(project_dir: ProjectDir, file: str) -> tuple[PlacedVerdict, ...]:
    """The verdicts on the images of one Dockerfile."""
    return tuple(_placed(file, f"`{file}`", read_images(project_dir.find_text(file) or "")))


def explain_unused_docker(project_dir: ProjectDir, detection: Detection) -> Iterator[Evidence]:
    """Why Docker is not what starts the project, where it could: what runs natively needs no image."""
    if detection.language == "docker" or detection.start_command is None:
        return
    for file in (*COMPOSE_FILES, "Dockerfile"):
        if project_dir.is_file(file):
            far = next((one for one in judge_docker(project_dir) if not one.verdict.reachable), None)
            why = "not used: what is built on the instance needs no image"
            yield Evidence(file=file, line=None, why=f"{why}; {far.verdict.sentence}" if far else why)
            return


def advise_on_images(detection: Detection, applications: tuple[str, ...]) -> str:
    """What to do about images that a mainland instance will hardly pull; `applications` can be started without Docker."""
    count = len(detection.unreachable_images)
    which = "an image" if count == 1 else f"{count} images"
    native = " or ".join(f"`--path {one}`" for one in applications)
    first = (
        f"build natively, one application a group, with {native}" if native else "nothing here starts without Docker"
    )
    return (
        f"in mainland China {which} can hardly be pulled: {first}; or choose a region elsewhere, "
        "or copy what is named above to a registry of Alibaba Cloud's and name it there"
    )


def judge_services(project_dir: ProjectDir, file: str, services: tuple[Service, ...]) -> tuple[PlacedVerdict, ...]:
    """The verdicts on what the services pull, one a place and image; what one service builds another does not pull."""
    built = {service.image for service in services if service.build and service.image}
    found: dict[tuple[str, str], PlacedVerdict] = {}
    for service in services:
        place = f"`{file}`, service `{service.name}`"
        if service.build:
            verdicts = _of_build(project_dir, file, place, service.build)
        else:
            verdicts = _placed(file, place, [service.image] if service.image and service.image not in built else [])
        found.update({(one.place, one.verdict.image): one for one in verdicts})
    return tuple(found.values())


def _of_build(project_dir: ProjectDir, file: str, place: str, build: Build) -> Iterator[PlacedVerdict]:
    if build.remote:
        sentence = f"`{build.remote}` is built from outside the project, which a mainland instance may not reach"
        yield PlacedVerdict(
            file=file, place=place, verdict=ImageVerdict(image=build.remote, reachable=False, sentence=sentence)
        )
    yield from _placed(file, place, build.contexts)
    if build.inline is not None:
        yield from _placed(file, place, read_images(build.inline, arguments=build.arguments, target=build.target))
    elif build.dockerfile is not None:
        text = project_dir.find_text(build.dockerfile) or ""
        images = read_images(text, arguments=build.arguments, target=build.target)
        yield from _placed(build.dockerfile, f"`{build.dockerfile}`", images)


def _placed(file: str, place: str, images: list[str] | tuple[str, ...]) -> Iterator[PlacedVerdict]:
    return (PlacedVerdict(file=file, place=place, verdict=judge_image(image)) for image in images)
