"""REST 3.0.

There: `Client(bitrix_token, prefer_version=3)`, which takes the wrapper of the third version
    where there is one and an older one elsewhere.
Here: both at once: `client.tasks...` is the classic interface and `client.v3.tasks...` the
    third, so that the code says which one answers.
"""

from bitrix_events import SyncClient


def main(webhook: str) -> None:
    with SyncClient(webhook) as client:
        task = client.v3.tasks.task.get(id=1, select=["id", "title"])
        print(task.result["item"]["title"])

        print(client.crm.deal.get(id=1).result["TITLE"])
