-- One file, one writing process. Every key leads with the portal. Times are seconds since 1970, UTC.

CREATE TABLE meta (
    schema_version INTEGER NOT NULL
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
    user_token       BLOB
);

CREATE INDEX delivery_portal ON delivery (portal);
CREATE INDEX delivery_user_token ON delivery (received_at) WHERE user_token IS NOT NULL;

-- One handler applied to one delivery.
CREATE TABLE execution (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    portal      TEXT NOT NULL,
    lane        TEXT NOT NULL,
    delivery_id INTEGER NOT NULL REFERENCES delivery (id),
    handler     TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting',
    attempt     INTEGER NOT NULL DEFAULT 0,
    finished_at REAL,
    note        TEXT NOT NULL DEFAULT ''
);

CREATE INDEX execution_waiting ON execution (portal, lane, id) WHERE state = 'waiting';
CREATE INDEX execution_running ON execution (id) WHERE state = 'running';
CREATE INDEX execution_delivery ON execution (delivery_id);

-- One handler and entity of one portal with unfinished executions. Holding the lane is what keeps
-- them serial; `due` is arrival while ready and end of the rest while delayed. Parked lanes wait for
-- their portal, `lifecycle` ones only while it is paused. An empty lane is deleted, so that a claim
-- costs what it claims and not the backlog.
CREATE TABLE lane (
    portal    TEXT NOT NULL,
    lane      TEXT NOT NULL,
    state     TEXT NOT NULL,  -- ready, running, delayed, parked
    lifecycle INTEGER NOT NULL,
    pending   INTEGER NOT NULL,
    due       REAL NOT NULL,
    token     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (portal, lane)
) WITHOUT ROWID;

CREATE INDEX lane_ready ON lane (portal, due) WHERE state = 'ready';
CREATE INDEX lane_running ON lane (portal) WHERE state = 'running';
CREATE INDEX lane_delayed ON lane (due) WHERE state = 'delayed';
CREATE INDEX lane_parked ON lane (portal) WHERE state = 'parked';

INSERT INTO meta (schema_version) VALUES (3);
