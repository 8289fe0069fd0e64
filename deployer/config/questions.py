"""The questions a configuration can leave open, in English and Chinese; cities by their names, never by zones.

The id of each is the name of the flag that answers it.
"""

from collections.abc import Sequence

from deployer.config.regions import region_choices
from deployer.errors.decision import Question
from deployer.models.analysis import Candidate


def region_question(language: str) -> Question:
    """Where to deploy to."""
    chinese = language == "zh"
    return Question(
        id="region",
        text="要部署到哪个区域？" if chinese else "which region do you want to deploy to?",
        flag="--region REGION_ID",
        choices=region_choices(language),
    )


def application_question(language: str, candidates: Sequence[Candidate]) -> Question:
    """Which of several applications in one project."""
    return Question(
        id="subdirectory",
        text="项目中有多个应用，部署哪一个？"
        if language == "zh"
        else "the project holds several applications; which one?",
        flag="--path DIR",
        choices=tuple((one.path, f"{one.path} ({one.framework or one.language})") for one in candidates),
    )


def ecs_question(language: str) -> Question:
    """A new or an existing instance; never answered by a default."""
    chinese = language == "zh"
    return Question(
        id="ecs",
        text="新建 ECS 实例，还是使用已有的？" if chinese else "new ECS instance or an existing one?",
        flag="--ecs new (or --ecs existing --instance-id INSTANCE_ID)",
        choices=(
            ("new", "新建 ECS 实例（按量付费）" if chinese else "new ECS instance, pay as you go"),
            ("existing", "已有 ECS 实例（提供实例 ID）" if chinese else "existing ECS instance, by its id"),
        ),
    )


def instance_question(language: str) -> Question:
    """Which existing instance."""
    chinese = language == "zh"
    return Question(
        id="instance-id",
        text="使用哪台 ECS 实例？" if chinese else "which ECS instance?",
        flag="--instance-id INSTANCE_ID",
    )


def key_question(language: str, variable: str, page: str) -> Question:
    """Which environment variable holds the model's API key; the key itself is never asked for."""
    chinese = language == "zh"
    asked = "模型 API Key 保存在哪个环境变量中？" if chinese else "which variable holds the model's API key?"
    return Question(id="api-key", text=f"{asked} ({page})", flag=f"--api-key '${{{variable}}}'")
