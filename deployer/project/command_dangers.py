"""What no command out of a project's texts may do: fetch code into a shell, delete, or reach for keys."""

import re

_FETCHES = re.compile(r"\b(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod)\b", re.IGNORECASE)
_RUNS_WHAT_COMES = re.compile(
    r"\|\s{0,9}(?:sudo\s{1,9})?(?:-\w{1,9}\s{1,9})?(?:/usr)?(?:/bin/)?(?:env\s)?"
    r"(?:(?:ba|z|da|k)?sh|python3?|node|perl|ruby|php|iex|invoke-expression)\b"
    r"|(?:\beval\b|\bsource\b|(?:^|\s)\.|\b(?:ba|z)?sh\b)[^|;&]{0,40}[$<]\(|`\s{0,9}(?:curl|wget)\b|\biex\b",
    re.IGNORECASE,
)
_DECODES = re.compile(r"base64\s{1,9}(?:-d|-D|--decode)\b[^|]{0,80}\|")
_DELETES = re.compile(
    r"(?<![-\w])rm\s{1,9}-[a-zA-Z]{0,5}[rR][a-zA-Z]{0,5}\s(?:[^|;&\n]{0,200}\s)?['\"]?(?:/|~|\$|\*|\.\.?/?(?:\s|$))"
    r"|\bmkfs|\bdd\s{1,9}if=|>\s{0,9}/dev/sd|\bshred\b|:\(\)\s{0,9}\{"
)
_KEYS = re.compile(
    r"(?<!\w)\.(?:ssh|aws|aliyun|netrc|kube/|docker/config|config/gcloud)\b|\bid_(?:rsa|ed25519)\b|/etc/(?:shadow|sudoers)"
    r"|\$\{?(?:ALIBABA_CLOUD|ALIYUN|AWS)_\w{0,30}|\b169\.254\.169\.254\b|\b100\.100\.100\.200\b"
)
_SENDS = re.compile(
    r"\b(?:env|printenv|set|cat\s[^|]{1,80})\s{0,9}\|[^|]{0,40}\b(?:curl|wget|nc|ncat|netcat|socat)\b"
    r"|\b(?:curl|wget)\b[^|;]{0,400}\s(?:-d|-F|-T|--data(?:-\w{1,20})?|--form|--upload-file|--post-file)[ =]?\S{0,40}@(?:~|/|\$|\.\w)"
)


def find_danger(text: str) -> str | None:
    """Why a line is never run; None for one that does none of this."""
    if _DECODES.search(text) or (_RUNS_WHAT_COMES.search(text) and _FETCHES.search(text)):
        return "it fetches code into a shell"
    if _DELETES.search(text):
        return "it deletes without asking"
    if _KEYS.search(text):
        return "it reaches for keys"
    if _SENDS.search(text):
        return "it sends files away"
    return None
