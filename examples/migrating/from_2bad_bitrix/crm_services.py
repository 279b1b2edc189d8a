"""The services for records of the CRM.

There: `bitrix.deals`, `bitrix.leads`, `bitrix.contacts`, `bitrix.companies`, each with
    `fields()`, `create(fields, params)`, `get(id)`, `list(params)`, `update(id, fields,
    params)`.
Here: the names of the REST interface: `client.crm.deal`, `.lead`, `.contact`, `.company`, each
    with `fields()`, `add(fields=...)`, `get(id=...)`, `list(...)`, `update(id=..., fields=...)`
    and `delete(id=...)`. For new programs the vendor advises `client.crm.item`, which is one
    and the same for all of them: `client.get(Deal, 77)` reads through it.
"""

from bitrix_events import Client
from bitrix_events.events import Deal


async def deals(client: Client) -> None:
    quietly = {"REGISTER_SONET_EVENT": "N"}
    deal_id = (await client.crm.deal.add(fields={"TITLE": "New deal"}, params=quietly)).result
    await client.crm.deal.update(id=deal_id, fields={"TITLE": "New deal title"})
    print((await client.crm.deal.get(id=deal_id)).result["TITLE"])
    print(len([deal async for deal in client.crm.deal.list(select=["*", "UF_*"])]), "deals")
    print((await client.crm.deal.fields()).result["OPPORTUNITY"]["type"])
    await client.crm.deal.delete(id=deal_id)

    deal = await client.get(Deal, 77)  # attributes with types instead of text
    print(deal.title, deal.opportunity + 1)


async def leads(client: Client) -> None:
    lead_id = (await client.crm.lead.add(fields={"TITLE": "New lead"})).result
    await client.crm.lead.update(id=lead_id, fields={"TITLE": "New lead title"})
    print((await client.crm.lead.get(id=lead_id)).result["TITLE"])
    print(len([lead async for lead in client.crm.lead.list(select=["ID"])]), "leads")
    print((await client.crm.lead.fields()).result["STATUS_ID"]["type"])
    await client.crm.lead.delete(id=lead_id)


async def contacts(client: Client) -> None:
    contact_id = (await client.crm.contact.add(fields={"NAME": "Grace"})).result
    await client.crm.contact.update(id=contact_id, fields={"LAST_NAME": "Hopper"})
    print((await client.crm.contact.get(id=contact_id)).result["LAST_NAME"])
    print(len([contact async for contact in client.crm.contact.list(select=["ID"])]), "contacts")
    print((await client.crm.contact.fields()).result["BIRTHDATE"]["type"])
    await client.crm.contact.delete(id=contact_id)


async def companies(client: Client) -> None:
    company_id = (await client.crm.company.add(fields={"TITLE": "New company"})).result
    await client.crm.company.update(id=company_id, fields={"TITLE": "New company title"})
    print((await client.crm.company.get(id=company_id)).result["TITLE"])
    print(len([company async for company in client.crm.company.list(select=["ID"])]), "companies")
    print((await client.crm.company.fields()).result["REVENUE"]["type"])
    await client.crm.company.delete(id=company_id)


async def main(webhook: str) -> None:
    async with Client(webhook) as client:
        await deals(client)
        await leads(client)
        await contacts(client)
        await companies(client)
