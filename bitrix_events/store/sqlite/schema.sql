-- One file, one process that works. Every key leads with the portal. Times are seconds since 1970, UTC.

CREATE TABLE meta (
    schema_version INTEGER NOT NULL,
    seen_at        REAL NOT NULL DEFAULT 0,    -- the clock when somebody last looked at it
    journalled     INTEGER NOT NULL DEFAULT 0  -- the last record of the journal that was taken over
);

-- Our app on one portal. `tokens` is sealed (store/secrets.py); application tokens are digests only.
CREATE TABLE portal (
    portal          TEXT PRIMARY KEY,
    member_id       TEXT NOT NULL,
    domain          TEXT NOT NULL,
    client_endpoint TEXT NOT NULL,
    state           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    since           REAL,
    paused          INTEGER NOT NULL,
    purge_at        REAL,
    token_digest    BLOB,
    old_digest      BLOB,
    old_until       REAL,
    tokens          BLOB,
    user_id         INTEGER NOT NULL,
    scope           TEXT NOT NULL,
    status          TEXT NOT NULL,
    bound_url       TEXT NOT NULL,
    bound_codes     TEXT NOT NULL,
    version         INTEGER NOT NULL,
    refresh_until   REAL NOT NULL DEFAULT 0,
    installed_at    REAL NOT NULL  -- first saved
) WITHOUT ROWID;

CREATE INDEX portal_domain ON portal (domain);

-- The inbox: received callbacks, never changed. `data` is JSON without tokens; `user_token` is sealed.
CREATE TABLE delivery (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    portal           TEXT NOT NULL,
    code             TEXT NOT NULL,
    entity           TEXT,
    data             TEXT NOT NULL,
    received_at      REAL NOT NULL,
    sent_at          REAL,
    event_handler_id INTEGER,
    user_id          INTEGER,
    user_token       BLOB,
    lifecycle        INTEGER NOT NULL,
    repeat_of        INTEGER  -- the delivery that told the same fact
);

CREATE INDEX delivery_user_token ON delivery (received_at) WHERE user_token IS NOT NULL;
CREATE INDEX delivery_repeat ON delivery (repeat_of) WHERE repeat_of IS NOT NULL;

-- Which handlers were told what lately.
CREATE TABLE fact (
    portal      TEXT NOT NULL,
    identity    TEXT NOT NULL,
    handler     TEXT NOT NULL,
    delivery_id INTEGER NOT NULL,
    told_at     REAL NOT NULL,
    PRIMARY KEY (portal, identity, handler)
) WITHOUT ROWID;

-- One handler applied to one delivery.
CREATE TABLE execution (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    portal      TEXT NOT NULL,
    lane_id     INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    handler     TEXT NOT NULL,
    state       TEXT NOT NULL,  -- waiting, running, done, skipped, merged, dead
    merges      TEXT,           -- code of deliveries that may replace it while it waits
    replayed    INTEGER NOT NULL DEFAULT 0,
    attempt     INTEGER NOT NULL DEFAULT 0,
    deaths      INTEGER NOT NULL DEFAULT 0,
    not_before  REAL,           -- debounce: until the entity is quiet,
    quiet_by    REAL,           -- or until then
    started_at  REAL,           -- the first attempt
    finished_at REAL,
    note        TEXT NOT NULL DEFAULT ''
);

CREATE INDEX execution_waiting ON execution (lane_id, id) WHERE state = 'waiting';
CREATE INDEX execution_running ON execution (id) WHERE state = 'running';
CREATE INDEX execution_dead ON execution (id) WHERE state = 'dead';
CREATE INDEX execution_delivery ON execution (delivery_id);

-- One handler and entity of one portal with unfinished executions. Holding the lane is what keeps
-- them serial. Parked lanes wait for their portal, `lifecycle` ones only while it is paused. An empty
-- lane is deleted, so that a claim costs what it claims and not the backlog.
CREATE TABLE lane (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL UNIQUE,  -- portal, handler and entity, separated by spaces
    queue     TEXT NOT NULL,         -- portal and handler, separated by a space
    state     TEXT NOT NULL,         -- ready, running, delayed, parked
    lifecycle INTEGER NOT NULL,
    due       REAL NOT NULL,         -- arrival while ready, end of the rest while delayed
    token     INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX lane_ready ON lane (queue, due) WHERE state = 'ready';
CREATE INDEX lane_delayed ON lane (due) WHERE state = 'delayed';
CREATE INDEX lane_parked ON lane (id) WHERE state = 'parked';

-- The values of the watched fields of a record when a handler with changed= last dealt with it; JSON.
CREATE TABLE snapshot (
    portal  TEXT NOT NULL,
    handler TEXT NOT NULL,
    entity  TEXT NOT NULL,
    fields  TEXT NOT NULL,
    PRIMARY KEY (portal, handler, entity)
) WITHOUT ROWID;

-- Small facts about a portal that have to outlive the process: how far something has come.
CREATE TABLE mark (
    portal TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (portal, name)
) WITHOUT ROWID;

INSERT INTO meta (schema_version) VALUES (5);
