"""How list methods are read: the table of protocol.md 7.4, row by row, and lists beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitrix_events.catalog.methods import (
    ListFacts,
    Paging,
    method_facts,
    supported_methods,
    v3_method_facts,
    v3_methods,
)

FILTER, ORDER, SELECT = ("filter",), ("order",), ("select",)
LIMIT_OFFSET = (("LIMIT",), ("OFFSET",))

CRM = ListFacts(
    rows=(),
    id_field="ID",
    filter_id="ID",
    filter=FILTER,
    order=ORDER,
    select=SELECT,
    select_needs=("ID",),
    keyset=True,
)
CRM_OFFSET = replace(CRM, keyset=False)
USERFIELDS = ListFacts(
    rows=(),
    id_field="ID",
    filter_id="ID",
    filter=FILTER,
    order=ORDER,
    paging=Paging.WHOLE,
    page=(),
)
USERS = replace(CRM, filter=("FILTER",), sort=("sort",))
CHILDREN = replace(CRM, select=None, select_needs=())
LANDING = ListFacts(
    rows=(),
    id_field="ID",
    filter_id="ID",
    filter=("params", "filter"),
    order=("params", "order"),
    select=("params", "select"),
    select_needs=("ID",),
    paging=Paging.LIMIT_OFFSET,
    page=(("params", "limit"), ("params", "offset")),
)
BICONNECTOR = ListFacts(
    rows=(),
    id_field="id",
    filter_id="id",
    filter=FILTER,
    order=ORDER,
    select=SELECT,
    select_needs=("id",),
    paging=Paging.PAGE,
    page=(("page",),),
)


def keyed(rows: str, *, keyset: bool = True) -> ListFacts:
    """A list of the newer make: rows in a property, ids in lower case."""
    return ListFacts(
        rows=(rows,),
        id_field="id",
        filter_id="id",
        filter=FILTER,
        order=ORDER,
        select=SELECT,
        select_needs=("id",),
        keyset=keyset,
    )


def without_select(facts: ListFacts) -> ListFacts:
    return replace(facts, select=None, select_needs=())


@pytest.mark.parametrize(
    ("method", "facts"),
    [
        ("crm.deal.list", CRM),
        ("crm.lead.list", CRM),
        ("crm.contact.list", CRM),
        ("crm.company.list", CRM),
        ("crm.quote.list", CRM),
        ("crm.activity.list", CRM),
        ("crm.item.list", keyed("items")),
        ("crm.item.productrow.list", without_select(keyed("productRows"))),
        ("crm.stagehistory.list", replace(CRM, rows=("items",))),
        ("crm.type.list", without_select(keyed("types", keyset=False))),
        (
            "crm.category.list",
            ListFacts(
                rows=("categories",),
                id_field="id",
                filter_id="id",
                paging=Paging.WHOLE,
                page=(),
            ),
        ),
        (
            "crm.automatedsolution.list",
            without_select(keyed("automatedSolutions", keyset=False)),
        ),
        ("crm.timeline.comment.list", CRM),
        ("crm.requisite.list", CRM),
        ("crm.requisite.bankdetail.list", CRM),
        (
            "crm.address.list",
            ListFacts(rows=(), filter=FILTER, order=ORDER, select=SELECT),
        ),
        ("crm.status.list", USERFIELDS),
        (
            "crm.currency.list",
            replace(USERFIELDS, id_field="CURRENCY", filter_id="CURRENCY", filter=None),
        ),
        ("crm.deal.userfield.list", USERFIELDS),
        ("crm.invoice.userfield.list", USERFIELDS),
        ("crm.product.list", CRM_OFFSET),
        ("crm.productsection.list", CRM_OFFSET),
        ("crm.documentgenerator.document.list", keyed("documents")),
        (
            "tasks.task.list",
            replace(keyed("tasks"), filter_id="ID", select_needs=("ID",)),
        ),
        (
            "task.elapseditem.getlist",
            ListFacts(
                rows=(),
                id_field="ID",
                filter_id="ID",
                filter=("FILTER",),
                order=("ORDER",),
                select=("SELECT",),
                select_needs=("ID",),
                paging=Paging.NAV,
                page=(
                    ("PARAMS", "NAV_PARAMS", "nPageSize"),
                    ("PARAMS", "NAV_PARAMS", "iNumPage"),
                ),
            ),
        ),
        ("user.get", USERS),
        ("user.search", USERS),
        (
            "department.get",
            ListFacts(rows=(), id_field="ID", filter_id="ID", sort=("sort",), order=ORDER),
        ),
        (
            "lists.element.get",
            replace(CRM, filter=("FILTER",), order=("ELEMENT_ORDER",), select=("SELECT",)),
        ),
        ("entity.item.get", replace(CHILDREN, filter=("FILTER",), order=("SORT",))),
        (
            "catalog.product.list",
            replace(keyed("products"), select_needs=("id", "iblockId")),
        ),
        ("catalog.price.list", keyed("prices")),
        ("catalog.section.list", keyed("sections")),
        ("catalog.store.list", keyed("stores")),
        ("sale.order.list", keyed("orders")),
        ("sale.payment.list", keyed("payments")),
        (
            "socialnetwork.api.workgroup.list",
            replace(keyed("workgroups"), filter_id="ID", select_needs=("ID",)),
        ),
        ("sonet_group.get", replace(CHILDREN, filter=("FILTER",), order=("ORDER",))),
        ("disk.folder.getchildren", CHILDREN),
        ("disk.storage.getchildren", CHILDREN),
        (
            "voximplant.statistic.get",
            replace(CHILDREN, filter=("FILTER",), sort=("SORT",), order=("ORDER",)),
        ),
        ("userfieldconfig.list", keyed("fields", keyset=False)),
        (
            "bizproc.workflow.instances",
            replace(CRM_OFFSET, filter=("FILTER",), order=("ORDER",), select=("SELECT",)),
        ),
        (
            "bizproc.task.list",
            replace(CRM_OFFSET, filter=("FILTER",), order=("ORDER",), select=("SELECT",)),
        ),
        (
            "calendar.event.get",
            ListFacts(rows=(), id_field="ID", filter_id="ID", paging=Paging.WHOLE, page=()),
        ),
        ("event.offline.list", CHILDREN),
        (
            "im.recent.list",
            ListFacts(
                rows=("items",),
                id_field="id",
                filter_id="id",
                paging=Paging.LIMIT_OFFSET,
                page=LIMIT_OFFSET,
                page_max=200,
            ),
        ),
        (
            "im.dialog.messages.get",
            ListFacts(
                rows=("messages",),
                id_field="id",
                filter_id="id",
                paging=Paging.LAST_ID,
                page=(("LIMIT",), ("LAST_ID",)),
                page_size=20,
                page_max=50,
            ),
        ),
        (
            "im.dialog.users.list",
            ListFacts(
                rows=(),
                id_field="id",
                filter_id="id",
                paging=Paging.LIMIT_OFFSET,
                page=LIMIT_OFFSET,
                page_max=200,
            ),
        ),
        (
            "im.search.user.list",
            ListFacts(
                rows=(),
                shape="map",
                id_field="id",
                filter_id="id",
                paging=Paging.LIMIT_OFFSET,
                page=LIMIT_OFFSET,
                page_size=10,
                page_max=50,
            ),
        ),
        ("landing.site.getlist", LANDING),
        ("landing.landing.getlist", LANDING),
        ("biconnector.source.list", BICONNECTOR),
        ("biconnector.dataset.list", BICONNECTOR),
        ("log.blogpost.get", ListFacts(rows=(), id_field="ID", filter_id="ID")),
    ],
)
def test_the_table_of_list_methods(method: str, facts: ListFacts) -> None:
    assert method_facts(method).list == facts


def test_a_list_of_rest_3_has_items_and_a_pagination_object() -> None:
    assert v3_method_facts("tasks.task.list").list == replace(
        keyed("items", keyset=False),
        paging=Paging.PAGINATION,
        page=(("pagination",),),
        page_max=1000,
    )


def test_a_tail_of_rest_3_has_items_and_a_cursor() -> None:
    assert v3_method_facts("main.eventlog.tail").list == replace(
        keyed("items", keyset=False), order=None, paging=Paging.CURSOR, page=(("cursor",),)
    )


def test_a_queue_shows_its_beginning_because_its_offset_drops_events() -> None:
    facts = method_facts("imbot.v2.Event.get").list

    assert facts is not None
    assert facts.paging is Paging.LIMIT
    assert facts.page == (("limit",),)


def test_ids_that_are_letters_are_not_compared() -> None:
    facts = method_facts("sale.status.list").list

    assert facts is not None
    assert not facts.keyset


def test_a_list_by_id_has_everything_that_needs() -> None:
    lists = {name: method_facts(name).list for name in supported_methods()}
    by_id = {name: facts for name, facts in lists.items() if facts is not None and facts.keyset}

    assert len(by_id) == 63
    assert [
        name
        for name, facts in by_id.items()
        if facts.rows is None
        or None in (facts.id_field, facts.filter_id, facts.filter, facts.order)
        or facts.shape != "records"
        or facts.paging is not Paging.START
        or facts.page_size != 50
    ] == []


@pytest.mark.parametrize(
    ("paging", "parameters"),
    [
        (Paging.START, 1),
        (Paging.WHOLE, 0),
        (Paging.LIMIT_OFFSET, 2),
        (Paging.PAGE, 1),
        (Paging.NAV, 2),
        (Paging.LAST_ID, 2),
        (Paging.LIMIT, 1),
        (Paging.PAGINATION, 1),
        (Paging.CURSOR, 1),
    ],
)
def test_each_way_of_paging_has_its_parameters(paging: Paging, parameters: int) -> None:
    every = [*map(method_facts, supported_methods()), *map(v3_method_facts, v3_methods())]
    pages = [facts.list.page for facts in every if facts.list and facts.list.paging is paging]

    assert {len(page) for page in pages} == {parameters}


def test_the_rows_of_every_documented_list_are_known() -> None:
    lists = {name: method_facts(name).list for name in supported_methods()}

    assert [name for name, facts in lists.items() if facts and facts.rows is None] == []
