"""The detectors in the order they are asked; the first that finds a way to start decides."""

from deployer.project.detectors.deno import detect_deno
from deployer.project.detectors.detection import Detector
from deployer.project.detectors.docker import detect_composition, detect_docker
from deployer.project.detectors.dotnet import detect_dotnet
from deployer.project.detectors.golang import detect_go
from deployer.project.detectors.java import detect_java
from deployer.project.detectors.node import detect_node
from deployer.project.detectors.php import detect_php
from deployer.project.detectors.python import detect_python
from deployer.project.detectors.ruby import detect_ruby
from deployer.project.detectors.rust import detect_rust
from deployer.project.detectors.shell import detect_shell
from deployer.project.detectors.sites import detect_site
from deployer.project.detectors.static import detect_static
from deployer.project.detectors.unsupported import detect_unsupported

# What runs on the instance itself comes first; the rest is asked when no application was found below the top either.
LANGUAGES: tuple[Detector, ...] = (
    detect_composition,
    detect_go,
    detect_java,
    detect_php,
    detect_ruby,
    detect_rust,
    detect_dotnet,
    detect_deno,
    detect_python,
    detect_node,
    detect_site,
)
PLAIN: tuple[Detector, ...] = (detect_shell, detect_static)
OTHERS: tuple[Detector, ...] = (detect_docker, *PLAIN, detect_unsupported)
