// Takes steps with @2bad/bitrix. Each line of the input orders one, {step, url, token}; each line of
// the output says what it came to, {answer} or {error, status}.
// Each call has a client of its own: they make two requests a second. The token goes into a header,
// by their options: what they do with an access token of their own, no request of got 11 shows.

const { createInterface } = require("node:readline");
const { Bitrix } = require("@2bad/bitrix");

const update = (id) => ({
  method: "crm.deal.update",
  params: { id, fields: { TITLE: `Roof & ${id}` } },
});

const steps = {
  get: async (client) => (await client().deals.get("7")).result,
  list: async (client) => (await client().deals.list({ select: ["ID", "TITLE"] })).result,
  filter: async (client) =>
    (await client().deals.list({ filter: { ">ID": 60 }, select: ["ID"] })).result,
  batch: async (client) => {
    const commands = Array.from({ length: 120 }, (_, index) => update(index + 1));
    return (await client().batch(commands)).result.result;
  },
  named: async (client) =>
    (
      await client().batch({
        one: { method: "crm.deal.get", params: { id: 1 } },
        list: { method: "crm.deal.list", params: {} },
      })
    ).result,
  write: async (client) => {
    const made = (await client().deals.create({ TITLE: "Дом" })).result;
    const changed = (await client().deals.update(String(made), { TITLE: "Door" })).result;
    return { made, changed };
  },
  remove: async (client) => (await client().call("crm.deal.delete", { id: 1 })).result,
  missing: async (client) => (await client().deals.get("999")).result,
  failing: async (client) =>
    (await client().batch([update(1), { method: "crm.deal.get", params: { id: 999 } }])).result,
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { step, url, token } = JSON.parse(line);
  const options = token ? { headers: { authorization: `Bearer ${token}` } } : {};
  steps[step](() => Bitrix(url, undefined, options))
    .then(
      (answer) => ({ answer }),
      (error) => ({ error: error.message, status: error.response?.statusCode }),
    )
    .then((outcome) => console.log(JSON.stringify(outcome)));
});
