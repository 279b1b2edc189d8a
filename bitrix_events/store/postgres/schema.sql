-- One database, any number of processes. Every key leads with the portal, so that a portal can live
-- anywhere by itself. Times are seconds since 1970, UTC, by the database's clock. Texts that are
-- compared are so byte by byte, as SQLite and Python do it.

-- Our app on one portal. `tokens` is sealed (store/secrets.py); application tokens are digests only.
CREATE TABLE portal (
    portal          TEXT COLLATE "C" PRIMARY KEY,
    member_id       TEXT NOT NULL,
    domain          TEXT COLLATE "C" NOT NULL,
    client_endpoint TEXT NOT NULL,
    state           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    since           DOUBLE PRECISION,
    paused          BOOLEAN NOT NULL,
    purge_at        DOUBLE PRECISION,
    token_digest    BYTEA,
    old_digest      BYTEA,
    old_until       DOUBLE PRECISION,
    tokens          BYTEA,
    user_id         BIGINT NOT NULL,
    scope           TEXT NOT NULL,
    status          TEXT NOT NULL,
    bound_url       TEXT NOT NULL,
    bound_codes     TEXT NOT NULL,
    version         BIGINT NOT NULL,
    refresh_until   DOUBLE PRECISION NOT NULL DEFAULT 0,
    installed_at    DOUBLE PRECISION NOT NULL  -- first saved
);

CREATE INDEX portal_domain ON portal (domain);

-- The inbox: received callbacks, never changed. `data` is JSON without tokens; `user_token` is sealed.
CREATE TABLE delivery (
    portal           TEXT COLLATE "C" NOT NULL,
    id               BIGINT NOT NULL,
    code             TEXT NOT NULL,
    entity           TEXT,
    data             TEXT NOT NULL,
    received_at      DOUBLE PRECISION NOT NULL,
    sent_at          DOUBLE PRECISION,
    event_handler_id BIGINT,
    user_id          BIGINT,
    user_token       BYTEA,
    lifecycle        BOOLEAN NOT NULL,
    repeat_of        BIGINT,  -- the delivery that told the same fact
    PRIMARY KEY (portal, id)
);

CREATE INDEX delivery_id ON delivery (id);  -- for people
CREATE INDEX delivery_user_token ON delivery (received_at) WHERE user_token IS NOT NULL;
CREATE INDEX delivery_repeat ON delivery (portal, repeat_of) WHERE repeat_of IS NOT NULL;

-- Which handlers were told what lately.
CREATE TABLE fact (
    portal      TEXT COLLATE "C" NOT NULL,
    identity    TEXT COLLATE "C" NOT NULL,
    handler     TEXT COLLATE "C" NOT NULL,
    delivery_id BIGINT NOT NULL,
    told_at     DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (portal, identity, handler)
);

-- One handler applied to one delivery.
CREATE TABLE execution (
    portal      TEXT COLLATE "C" NOT NULL,
    id          BIGINT NOT NULL,
    lane_id     BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL,
    handler     TEXT NOT NULL,
    state       TEXT NOT NULL,  -- waiting, running, done, skipped, merged, dead
    merges      TEXT,           -- code of deliveries that may replace it while it waits
    replayed    BOOLEAN NOT NULL DEFAULT FALSE,
    attempt     INTEGER NOT NULL DEFAULT 0,
    deaths      INTEGER NOT NULL DEFAULT 0,
    not_before  DOUBLE PRECISION,  -- debounce: until the entity is quiet,
    quiet_by    DOUBLE PRECISION,  -- or until then
    started_at  DOUBLE PRECISION,  -- the first attempt
    finished_at DOUBLE PRECISION,
    note        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (portal, delivery_id, id)
);

CREATE INDEX execution_waiting ON execution (portal, lane_id, id) WHERE state = 'waiting';
CREATE INDEX execution_dead ON execution (id) WHERE state = 'dead';

-- The values of the watched fields of a record when a handler with changed= last dealt with it; JSON.
CREATE TABLE snapshot (
    portal  TEXT COLLATE "C" NOT NULL,
    handler TEXT COLLATE "C" NOT NULL,
    entity  TEXT COLLATE "C" NOT NULL,
    fields  TEXT NOT NULL,
    PRIMARY KEY (portal, handler, entity)
);

-- Small facts about a portal that have to outlive the process: how far something has come.
CREATE TABLE mark (
    portal TEXT COLLATE "C" NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (portal, name)
);

-- One handler and entity of one portal with unfinished executions. Holding the lane is what keeps
-- them serial. Parked lanes wait for their portal, `lifecycle` ones only while it is paused. An empty
-- lane is deleted, so that a claim costs what it claims and not the backlog. `id` is a digest of the
-- name (store/postgres/intake.py).
CREATE TABLE lane (
    portal       TEXT COLLATE "C" NOT NULL,
    id           BIGINT NOT NULL,
    handler      TEXT COLLATE "C" NOT NULL,
    slot         SMALLINT NOT NULL,  -- which part of the portals
    state        TEXT NOT NULL,      -- ready, running, delayed, parked
    lifecycle    BOOLEAN NOT NULL,
    due          DOUBLE PRECISION NOT NULL,  -- arrival while ready, end of the rest while delayed
    token        BIGINT NOT NULL DEFAULT 0,  -- no two holds have the same
    owner        BIGINT,             -- the worker that holds it
    delivery_id  BIGINT,             -- what runs
    execution_id BIGINT,
    number       BIGINT NOT NULL,    -- in the order of arrival
    name         TEXT NOT NULL,      -- portal, entity and handler, separated by spaces
    PRIMARY KEY (portal, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX lane_ready ON lane (slot, portal, handler, due, number) WHERE state = 'ready';
CREATE INDEX lane_running ON lane (owner) WHERE state = 'running';
CREATE INDEX lane_delayed ON lane (slot, due) WHERE state = 'delayed';

-- Who claims holds the row of a slot meanwhile, and goes on behind the portal served last.
CREATE TABLE slot (
    slot SMALLINT PRIMARY KEY,
    last TEXT COLLATE "C" NOT NULL DEFAULT ''
);

INSERT INTO slot (slot) SELECT generate_series(0, 15);

-- Processes that claim. Whose lease is over, or whose process is dead, loses what it holds.
CREATE TABLE worker (
    id          BIGINT PRIMARY KEY,
    name        TEXT NOT NULL,
    host        TEXT NOT NULL,
    pid         BIGINT NOT NULL,
    started     TEXT NOT NULL,  -- tells apart processes that have had the same pid
    started_at  DOUBLE PRECISION NOT NULL,
    lease_until DOUBLE PRECISION NOT NULL
);

-- What only one process does at a time.
CREATE TABLE duty (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL
);

-- The last group that each writer has committed: whether one was, of which no answer came.
CREATE TABLE writer (
    name       TEXT PRIMARY KEY,
    number     BIGINT NOT NULL,
    written_at DOUBLE PRECISION NOT NULL
) WITH (fillfactor = 50);

-- Deliveries that were taken over from journals kept while this database could not be reached.
CREATE TABLE taken_over (
    journal  TEXT COLLATE "C" NOT NULL,
    number   BIGINT NOT NULL,
    taken_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (journal, number)
);

-- Portals that are being moved from here to another cell.
CREATE TABLE moving (
    portal     TEXT COLLATE "C" PRIMARY KEY,
    cell       INTEGER NOT NULL,
    was_paused BOOLEAN NOT NULL,
    has_left   BOOLEAN NOT NULL DEFAULT FALSE
);

-- The pace of portals: when the bucket is empty, and until when nothing is sent.
CREATE TABLE bucket (
    host         TEXT COLLATE "C" PRIMARY KEY,
    per_second   DOUBLE PRECISION NOT NULL,
    empty_at     DOUBLE PRECISION NOT NULL,
    closed_until DOUBLE PRECISION NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE SEQUENCE delivery_number AS BIGINT START WITH {first};
CREATE SEQUENCE execution_number AS BIGINT START WITH {first};
CREATE SEQUENCE lane_token AS BIGINT;
CREATE SEQUENCE lane_group AS BIGINT;
CREATE SEQUENCE worker_number AS BIGINT;
