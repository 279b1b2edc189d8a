"""Numbers and letters with a meaning.

There: `client.crm.item.fields(entity_type_id=EntityTypeID.DEAL, use_original_uf_names="N")`.
Here: a model knows its number, `Deal.entity_type_id`, and closed values such as "Y" and "N" are
    known to type checkers, so that a wrong one is found before anything runs.
"""

from bitrix_events import RestError, SyncClient
from bitrix_events.events import Deal


def main(webhook: str) -> None:
    with SyncClient(webhook) as client:
        try:
            request = client.crm.item.fields(
                entityTypeId=Deal.entity_type_id, useOriginalUfNames="N"
            )
            print(request.result["fields"]["opportunity"]["title"])
        except RestError as error:
            print(f"{error.code}: {error.description}")
