"""What may be repeated or merged, by method; names in any case; guesses about unknown ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bitrix_events.catalog.methods import (
    Kind,
    ListFacts,
    MethodFacts,
    Paging,
    first_parts,
    method_facts,
    nearest_methods,
    parts_below,
    supported_methods,
    v3_method_facts,
    v3_methods,
)


def test_a_method_is_found_in_any_case() -> None:
    assert method_facts("CRM.DEAL.LIST") == method_facts("crm.deal.list")


def test_the_name_is_spelled_as_in_the_documentation() -> None:
    assert method_facts("tasks.flow.flow.get").name == "tasks.flow.Flow.get"


def test_an_alias_is_the_same_method() -> None:
    assert method_facts("bizproc.workflow.instance.list") == MethodFacts(
        name="bizproc.workflow.instance.list",
        kind=Kind.READ,
        scope="bizproc",
        list=method_facts("bizproc.workflow.instances").list,
    )


def test_documented_names_are_sorted_and_unique() -> None:
    names = supported_methods()

    assert list(names) == sorted(set(names))
    assert len(names) == 1579
    assert len(v3_methods()) == 110


def test_a_name_may_mean_something_else_in_rest_3() -> None:
    both = set(supported_methods()) & set(v3_methods())

    assert len(both) == 7
    assert method_facts("tasks.task.list") != v3_method_facts("tasks.task.list")


def test_facts_are_made_once() -> None:
    assert method_facts("crm.deal.get") is method_facts("crm.deal.get")


def test_permission_and_kind_of_application_are_known() -> None:
    assert method_facts("crm.deal.add").scope == "crm"
    assert not method_facts("crm.deal.add").app_only
    assert method_facts("event.bind").app_only


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("batch", Kind.ACTION),
        ("biconnector.dataset.fields.update", Kind.ACTION),
        ("bizproc.event.send", Kind.ACTION),
        ("bizproc.task.complete", Kind.ACTION),
        ("bizproc.workflow.start", Kind.ACTION),
        ("calendar.event.get.nearest", Kind.READ),
        ("calendar.event.update", Kind.ACTION),
        ("catalog.document.cancelList", Kind.ACTION),
        ("catalog.document.conduct", Kind.ACTION),
        ("catalog.price.modify", Kind.ACTION),
        ("crm.automation.trigger", Kind.ACTION),
        ("crm.deal.recurring.expose", Kind.ACTION),
        ("crm.duplicate.findbycomm", Kind.READ),
        ("crm.entity.mergeBatch", Kind.ACTION),
        ("crm.invoice.getexternallink", Kind.ACTION),
        ("crm.item.batchImport", Kind.ADD),
        ("crm.item.payment.pay", Kind.ACTION),
        ("disk.file.copyTo", Kind.ADD),
        ("disk.file.getExternalLink", Kind.ACTION),
        ("documentgenerator.document.enablepublicurl", Kind.ACTION),
        ("event.bind", Kind.ADD),
        ("event.offline.clear", Kind.DELETE),
        ("event.offline.error", Kind.ACTION),
        ("event.offline.get", Kind.ACTION),
        ("event.offline.list", Kind.READ),
        ("event.test", Kind.ACTION),
        ("event.unbind", Kind.DELETE),
        ("im.dialog.read", Kind.ACTION),
        ("im.message.add", Kind.ADD),
        ("im.notify", Kind.ADD),
        ("im.notify.read.list", Kind.ACTION),
        ("imbot.v2.Chat.Message.send", Kind.ACTION),
        ("imconnector.send.messages", Kind.ACTION),
        ("imopenlines.crm.lead.create", Kind.ADD),
        ("imopenlines.operator.answer", Kind.ACTION),
        ("imopenlines.session.open", Kind.ACTION),
        ("landing.block.clonecard", Kind.ADD),
        ("landing.block.removecard", Kind.ACTION),
        ("landing.site.publication", Kind.ACTION),
        ("log.blogpost.share", Kind.ACTION),
        ("pull.application.config.get", Kind.ACTION),
        ("sale.paysystem.pay.payment", Kind.ACTION),
        ("salescenter.payment.getPublicUrl", Kind.ACTION),
        ("sign.b2e.document.send", Kind.ACTION),
        ("sonet_group.create", Kind.ADD),
        ("sonet_group.user.invite", Kind.ACTION),
        ("task.commentitem.add", Kind.ADD),
        ("tasks.task.files.attach", Kind.ADD),
        ("telephony.externalCall.register", Kind.ADD),
        ("timeman.open", Kind.ACTION),
        ("user.add", Kind.ADD),
        ("voximplant.callback.start", Kind.ACTION),
        ("voximplant.infocall.startwithtext", Kind.ACTION),
    ],
)
def test_what_would_happen_twice_is_known(method: str, kind: Kind) -> None:
    facts = method_facts(method)

    assert facts.documented
    assert facts.kind is kind


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("mail.mailbox.senders", Kind.READ),
        ("mail.message.createtask", Kind.ADD),
        ("mail.message.send", Kind.ACTION),
        ("note.document.update", Kind.ACTION),
        ("tasks.task.update", Kind.UPDATE),
    ],
)
def test_kinds_in_rest_3(method: str, kind: Kind) -> None:
    assert v3_method_facts(method).kind is kind


@pytest.mark.parametrize(
    "method",
    [
        "batch",
        "catalog.product.download",
        "catalog.productImage.add",
        "crm.documentgenerator.document.getPdf",
        "disk.file.uploadversion",
        "disk.folder.uploadfile",
        "documentgenerator.template.add",
        "im.v2.File.upload",
        "landing.block.uploadfile",
        "task.item.addfile",
        "telephony.externalCall.attachRecord",
        "user.userfield.file.get",
    ],
)
def test_files_travel_alone(method: str) -> None:
    assert not method_facts(method).batchable


@pytest.mark.parametrize(
    "method", ["crm.contact.update", "crm.deal.add", "disk.file.get", "tasks.task.files.attach"]
)
def test_records_and_references_to_files_travel_with_others(method: str) -> None:
    assert method_facts(method).batchable


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("task.checklistitem.add", ("TASKID", "FIELDS")),
        ("task.commentitem.getlist", ("TASKID", "ORDER", "FILTER")),
        ("task.elapseditem.getlist", ("TASKID", "ORDER", "FILTER", "SELECT", "PARAMS")),
        ("task.item.update", ("TASKID", "TASKDATA")),
        ("task.planner.getlist", ()),
    ],
)
def test_the_order_of_parameters_is_known_where_it_matters(
    method: str, parameters: tuple[str, ...]
) -> None:
    facts = method_facts(method)

    assert facts.positional
    assert facts.parameters == parameters


@pytest.mark.parametrize("method", ["tasks.task.add", "task.stages.get", "task.dependence.add"])
def test_other_parameters_go_by_name(method: str) -> None:
    facts = method_facts(method)

    assert not facts.positional
    assert facts.parameters == ()


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("new.thing.get", Kind.READ),
        ("new.thing.getList", Kind.READ),
        ("new.thing.fields", Kind.READ),
        ("new.thing.isEnabled", Kind.READ),
        ("new.thing.issue", Kind.ACTION),
        ("new.thing.cancel", Kind.ACTION),
        ("new.thing.cancelList", Kind.ACTION),
        ("new.thing.getOrCreate", Kind.ACTION),
        ("new.thing.add", Kind.ADD),
        ("new.thing.create", Kind.ADD),
        ("ai.prompt.register", Kind.ADD),
        ("new.message.send", Kind.ADD),
        ("new.thing.update", Kind.UPDATE),
        ("new.thing.setOwner", Kind.UPDATE),
        ("new.thing.settle", Kind.ACTION),
        ("new.thing.updateOrCreate", Kind.ACTION),
        ("new.thing.delete", Kind.DELETE),
        ("ai.prompt.unregister", Kind.DELETE),
        ("new.thing.unbind", Kind.DELETE),
        ("new.thing.launch", Kind.ACTION),
        ("thing", Kind.ACTION),
        ("", Kind.ACTION),
    ],
)
def test_the_kind_of_an_unknown_method_is_guessed_carefully(method: str, kind: Kind) -> None:
    assert method_facts(method).kind is kind
    assert v3_method_facts(method).kind is kind


def test_an_unknown_method_is_known_to_be_unknown() -> None:
    assert method_facts("new.thing.get") == MethodFacts(
        name="new.thing.get", kind=Kind.READ, documented=False
    )


def test_an_unknown_upload_travels_alone() -> None:
    assert not method_facts("new.thing.uploadFile").batchable


def test_an_unknown_list_is_read_by_offset_and_its_rows_are_searched() -> None:
    assert method_facts("new.thing.list").list == ListFacts(
        rows=None,
        filter=("filter",),
        order=("order",),
        select=("select",),
        paging=Paging.START,
        page=(("start",),),
    )


def test_an_unknown_list_of_rest_3_has_items() -> None:
    facts = v3_method_facts("new.thing.list").list

    assert facts is not None
    assert facts.rows == ("items",)
    assert facts.paging is Paging.PAGINATION


def test_what_ends_in_list_and_changes_something_is_no_list() -> None:
    assert method_facts("new.thing.cancelList").list is None


def test_nothing_is_read_before_the_first_question() -> None:
    code = (
        "from bitrix_events.catalog import methods as m\n"
        "print(m._catalog.cache_info().currsize)\n"
        "m.method_facts('crm.deal.get')\n"
        "print(m._catalog.cache_info().currsize)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["0", "1"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("crm.deal.gett", "crm.deal.get"),
        ("crm.dael.get", "crm.deal.get"),
        ("CRM.DEAL.LST", "crm.deal.list"),
        ("task.task.add", "tasks.task.add"),
        ("crm.timeline.coment.lst", "crm.timeline.comment.list"),
        ("department.list", "department.get"),
        ("profil", "profile"),
        ("calendar.event.getNearest", "calendar.event.get.nearest"),
    ],
)
def test_the_nearest_method_is_named_first(written: str, meant: str) -> None:
    assert nearest_methods("classic", written).startswith(f"did you mean {meant}")


def test_what_is_like_no_method_has_no_nearest() -> None:
    assert nearest_methods("classic", "zzz") == ""
    assert nearest_methods("v3", "zzz.yyy.xxx") == ""


def test_a_path_knows_what_may_follow() -> None:
    assert {"crm", "tasks", "profile"} <= first_parts("classic")
    assert {"add", "contact", "get", "list"} <= set(parts_below("classic", "crm.deal"))
    assert parts_below("classic", "crm.deal.get") == []
    assert "crm" not in first_parts("v3")
