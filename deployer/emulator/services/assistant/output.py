"""How much of a command's output is kept."""

# Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults
LARGEST_OUTPUT = 24 * 1024


def cut_output(output: bytes, head_bytes: int) -> tuple[bytes, int]:
    """The beginning and the end, 24 KB together, and how many bytes between them were dropped.

    Source: https://github.com/aliyun/aliyun_assist_client (what was streamed already stays, then the tail is kept)
    """
    dropped = len(output) - LARGEST_OUTPUT
    if dropped <= 0:
        return output, 0
    return output[:head_bytes] + output[head_bytes + dropped :], dropped
