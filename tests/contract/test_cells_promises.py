"""Several databases keep what every Store promises: some of the contract, run with them.

The store of the suite is replaced by one of two cells; the tests are those of the suite.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bitrix_events.store.base import Store
from bitrix_events.store.cells import CellStore
from bitrix_events.store.postgres.cell import Cell
from bitrix_events.store.secrets import Sealer
from tests.contract.records import KEY, Clock
from tests.contract.test_installations import (
    test_a_first_save_does_not_replace_what_is_there,
    test_a_refresh_is_begun_by_one_of_many,
    test_a_save_with_an_old_version_writes_nothing,
    test_all_installations_are_listed_in_the_order_of_their_keys,
    test_an_installation_is_found_by_its_address,
    test_one_of_many_concurrent_saves_of_a_version_wins,
    test_what_was_forgotten_is_gone_and_may_come_again,
)
from tests.contract.test_put_soon import (
    answers,
    test_a_closed_store_says_so_at_once,
    test_a_known_installation_is_the_stored_one,
    test_both_ways_may_be_gone_together,
    test_everybody_is_told_once_in_order_on_the_thread_of_the_loop,
    test_what_was_saved_is_not_known_as_it_was,
)
from tests.contract.test_queue import (
    test_a_dead_execution_that_is_tried_again_begins_anew,
    test_a_handler_runs_no_more_often_than_its_limit,
    test_a_newer_state_replaces_one_that_waits,
    test_a_replay_runs_once_more_under_the_same_key,
    test_a_sweep_gives_back_what_nobody_holds,
    test_old_deliveries_go_and_what_is_unfinished_or_dead_stays,
    test_repeats_that_arrive_together_run_once_for_each_handler,
    test_the_account_says_how_much_waits_and_for_how_long,
)
from tests.contract.test_store import (
    test_a_delayed_retry_holds_back_only_its_own_lane,
    test_a_portal_with_a_thousand_waiting_events_does_not_delay_another,
    test_concurrent_claims_share_the_work_without_overlap,
    test_deliveries_are_listed_newest_first_and_page_by_page,
    test_due_in_is_the_earliest_end_of_a_rest,
    test_one_entity_is_handled_one_event_at_a_time_in_order_of_arrival,
    test_single_claims_take_turns_between_portals,
)
from tests.postgres import server
from tests.serving import PATIENCE

__all__ = [
    "answers",
    "test_a_closed_store_says_so_at_once",
    "test_a_dead_execution_that_is_tried_again_begins_anew",
    "test_a_delayed_retry_holds_back_only_its_own_lane",
    "test_a_first_save_does_not_replace_what_is_there",
    "test_a_handler_runs_no_more_often_than_its_limit",
    "test_a_known_installation_is_the_stored_one",
    "test_a_newer_state_replaces_one_that_waits",
    "test_a_portal_with_a_thousand_waiting_events_does_not_delay_another",
    "test_a_refresh_is_begun_by_one_of_many",
    "test_a_replay_runs_once_more_under_the_same_key",
    "test_a_save_with_an_old_version_writes_nothing",
    "test_a_sweep_gives_back_what_nobody_holds",
    "test_all_installations_are_listed_in_the_order_of_their_keys",
    "test_an_installation_is_found_by_its_address",
    "test_both_ways_may_be_gone_together",
    "test_concurrent_claims_share_the_work_without_overlap",
    "test_deliveries_are_listed_newest_first_and_page_by_page",
    "test_due_in_is_the_earliest_end_of_a_rest",
    "test_everybody_is_told_once_in_order_on_the_thread_of_the_loop",
    "test_old_deliveries_go_and_what_is_unfinished_or_dead_stays",
    "test_one_entity_is_handled_one_event_at_a_time_in_order_of_arrival",
    "test_one_of_many_concurrent_saves_of_a_version_wins",
    "test_repeats_that_arrive_together_run_once_for_each_handler",
    "test_single_claims_take_turns_between_portals",
    "test_the_account_says_how_much_waits_and_for_how_long",
    "test_what_was_forgotten_is_gone_and_may_come_again",
    "test_what_was_saved_is_not_known_as_it_was",
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(clock: Clock) -> AsyncIterator[Store]:
    urls = [await server().prepared(), await server().fresh()]
    sealer = Sealer(SecretStr(KEY))
    store = CellStore(
        [
            Cell(
                url,
                others=[one for one in urls if one != url],
                sealer=sealer,
                clock=clock,
                put_seconds=PATIENCE,
            )
            for url in urls
        ]
    )
    await store.open()
    yield store
    await store.close()
