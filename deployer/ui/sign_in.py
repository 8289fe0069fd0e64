"""How a user sets credentials up, for people: the same commands in either language, to be shown as they are."""

from collections.abc import Mapping
from types import MappingProxyType

from deployer.errors.access import SIGN_IN_METHODS
from deployer.ui.texts import Language

_HEAD: Mapping[Language, str] = MappingProxyType(
    {
        "en": "Set credentials up yourself, in your own terminal, by one of these.\n"
        "Never paste a key into a chat, a command's flags or a file of the project.",
        "zh": "请在您自己的终端中，任选以下一种方式自行配置凭证。\n请勿将 AccessKey 粘贴到对话、命令参数或项目文件中。",
    }
)
_NOTES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "A": (
            "recommended; opens a browser page and waits until you agree there, then: --profile oauth",
            "推荐；会打开浏览器授权页，请在浏览器中完成授权，否则命令会一直等待；之后使用 --profile oauth",
        ),
        "B": ("on an ECS instance; no key at all", "在 ECS 实例上使用；无需 AccessKey"),
        "C": (
            "for CI; temporary keys need ALIBABA_CLOUD_SECURITY_TOKEN too",
            "适用于 CI；临时凭证还需设置 ALIBABA_CLOUD_SECURITY_TOKEN",
        ),
        "D": ("the key lands in ~/.aliyun/config.json only", "凭证只保存在本机 ~/.aliyun/config.json"),
    }
)
_TAIL: Mapping[Language, str] = MappingProxyType(
    {
        "en": "No key has ever to be told to anybody.",
        "zh": "您无需向任何人提供 AccessKey。",
    }
)


def render_sign_in(language: Language = "en") -> str:
    """The methods A to D, each with its command and what to know of it."""
    lines = [_HEAD[language]]
    for method in SIGN_IN_METHODS:
        english, chinese = _NOTES[method.id]
        note = chinese if language == "zh" else english
        lines += ["", f"{method.id}. {method.name}: {note}", f"   {method.command}"]
    return "\n".join([*lines, "", _TAIL[language]])
