import os

from celery import Celery

queue = Celery("jobs", broker=os.environ.get("BROKER_URL", "redis://localhost"))


@queue.task
def resize(path: str) -> None:
    print(path)
