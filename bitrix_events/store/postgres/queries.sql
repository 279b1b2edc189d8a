-- Named statements of the PostgreSQL store; `-- name:` starts one. Where one does the same as in the
-- SQLite store it has the same name.
--
-- READ COMMITTED: each statement sees what was committed when it began. So whoever decides by what
-- is in a lane locks the lane in one statement and looks into it in the next one. Rows are locked in
-- one order everywhere: portals, lanes by portal and id, facts.
--
-- Plans are made once, and the lanes may be none at that moment and a million later. So rows are
-- looked up one by one (LATERAL … LIMIT 1), and changed where they were found (ctid), or the keys stand
-- beside the join once more (= ANY): however it is planned, no more is read than is named. A lane that
-- is locked stays where it is until the transaction ends.

-- name: hold_lanes
WITH standing AS MATERIALIZED (
    SELECT portal, state, paused FROM portal
    WHERE portal = ANY($2::text[]) AND (paused OR state <> 'active')
    ORDER BY portal FOR SHARE
), made AS (
    INSERT INTO lane (portal, id, handler, slot, state, lifecycle, due, name, number)
    SELECT v->>0, (v->>1)::bigint, v->>2, (v->>3)::smallint, 'ready', (v->>4)::boolean,
           (v->>5)::double precision, v->>6,
           (SELECT nextval('lane_group')) * 100000 + (v->>7)::integer
    FROM jsonb_array_elements($1::jsonb) AS wanted (v)
    WHERE (SELECT count(*) FROM standing) >= 0  -- the portals first
    ON CONFLICT (portal, id) DO UPDATE SET state = lane.state WHERE FALSE  -- only locks it
    RETURNING id
), numbers AS MATERIALIZED (
    SELECT ARRAY(SELECT nextval('delivery_number') FROM generate_series(1, $3::integer)) AS ids
), told AS (
    INSERT INTO fact (portal, identity, handler, delivery_id, told_at)
    SELECT v->>0, v->>1, v->>2, (SELECT ids FROM numbers)[(v->>3)::integer],
           (v->>4)::double precision
    FROM jsonb_array_elements($5::jsonb) AS wanted (v)
    WHERE (SELECT count(*) FROM made) >= 0  -- the lanes first
    ON CONFLICT (portal, identity, handler)
    DO UPDATE SET delivery_id = excluded.delivery_id, told_at = excluded.told_at
    WHERE fact.told_at <= excluded.told_at - 86400  -- FACT_WINDOW
    RETURNING delivery_id, handler
)
SELECT ARRAY(SELECT id FROM made) AS made,
       ARRAY(SELECT delivery_id FROM told) AS told, ARRAY(SELECT handler FROM told) AS told_to,
       ARRAY(SELECT portal FROM standing) AS parked,
       ARRAY(SELECT state FROM standing) AS parked_state,
       ARRAY(SELECT paused FROM standing) AS parked_paused,
       (SELECT ids FROM numbers) AS deliveries,
       ARRAY(SELECT nextval('execution_number') FROM generate_series(1, $4::integer)) AS executions;

-- name: lanes
SELECT l.id, l.name, l.state, e.id AS tail, e.delivery_id, e.merges, e.deaths, e.quiet_by,
       e.id = first.id AS is_head
FROM unnest($1::text[], $2::bigint[]) AS wanted (portal, id)
CROSS JOIN LATERAL (
    SELECT * FROM lane WHERE portal = wanted.portal AND id = wanted.id LIMIT 1
) AS l
LEFT JOIN LATERAL (
    SELECT x.* FROM execution AS x
    WHERE x.portal = l.portal AND x.lane_id = l.id AND x.state = 'waiting'
    ORDER BY x.id DESC LIMIT 1
) AS e ON TRUE
LEFT JOIN LATERAL (
    SELECT x.id FROM execution AS x
    WHERE x.portal = l.portal AND x.lane_id = l.id AND x.state = 'waiting'
    ORDER BY x.id LIMIT 1
) AS first ON TRUE;

-- name: facts
SELECT f.portal, f.identity, f.handler, f.delivery_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (portal, identity, handler)
CROSS JOIN LATERAL (
    SELECT * FROM fact
    WHERE portal = wanted.portal AND identity = wanted.identity AND handler = wanted.handler
    LIMIT 1
) AS f;

-- name: put
WITH lanes AS (
    INSERT INTO lane (portal, id, handler, slot, state, lifecycle, due, name, number)
    SELECT v->>0, (v->>1)::bigint, v->>2, (v->>3)::smallint, v->>4, (v->>5)::boolean,
           (v->>6)::double precision, v->>7, (SELECT nextval('lane_group')) * 100000 + place
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS made (v, place)
), deliveries AS (
    INSERT INTO delivery (id, portal, code, entity, data, received_at, sent_at, event_handler_id,
                          user_id, user_token, lifecycle, repeat_of)
    SELECT (v->>0)::bigint, v->>1, v->>2, v->>3, v->>4, (v->>5)::double precision,
           (v->>6)::double precision, (v->>7)::bigint, (v->>8)::bigint, decode(v->>9, 'hex'),
           (v->>10)::boolean, (v->>11)::bigint
    FROM jsonb_array_elements($2::jsonb) AS received (v)
), noted AS (
    INSERT INTO writer (name, number, written_at) SELECT $4, $5, $6 WHERE $4::text IS NOT NULL
    ON CONFLICT (name) DO UPDATE SET number = excluded.number, written_at = excluded.written_at
)
INSERT INTO execution (id, portal, lane_id, delivery_id, handler, state, merges, replayed, deaths,
                       not_before, quiet_by, finished_at, note)
SELECT (v->>0)::bigint, v->>1, (v->>2)::bigint, (v->>3)::bigint, v->>4, v->>5, v->>6,
       (v->>7)::boolean, (v->>8)::integer, (v->>9)::double precision, (v->>10)::double precision,
       (v->>11)::double precision, v->>12
FROM jsonb_array_elements($3::jsonb) AS wanted (v);

-- name: change_lanes
WITH merged AS (
    UPDATE execution AS e SET state = 'merged', finished_at = m.now, note = m.note
    FROM unnest($1::text[], $11::bigint[], $2::bigint[], $3::double precision[], $4::text[])
        AS m (portal, delivery_id, id, now, note)
    WHERE e.portal = m.portal AND e.delivery_id = m.delivery_id AND e.id = m.id
      AND e.portal = ANY($1) AND e.delivery_id = ANY($11)
), unused AS (
    DELETE FROM lane AS l USING unnest($9::text[], $10::bigint[]) AS u (portal, id)
    WHERE l.portal = u.portal AND l.id = u.id AND l.portal = ANY($9) AND l.id = ANY($10)
)
UPDATE lane AS l SET state = m.state, due = m.due
FROM unnest($5::text[], $6::bigint[], $7::text[], $8::double precision[])
    AS m (portal, id, state, due)
WHERE l.portal = m.portal AND l.id = m.id AND l.portal = ANY($5) AND l.id = ANY($6);

-- name: note_number
INSERT INTO writer (name, number, written_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET number = excluded.number, written_at = excluded.written_at;

-- name: number
INSERT INTO writer (name, number, written_at) VALUES ($1, 0, $2)
ON CONFLICT (name) DO UPDATE SET number = writer.number
RETURNING number;

-- name: take_over
INSERT INTO taken_over (journal, number, taken_at)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::double precision[])
ON CONFLICT DO NOTHING
RETURNING journal, number;

-- name: standing
SELECT portal, state, paused FROM portal
WHERE portal = ANY($1::text[]) AND (paused OR state <> 'active')
ORDER BY portal FOR SHARE;

-- name: delivery_to_replay
SELECT id, portal, entity, lifecycle FROM delivery WHERE id = $1;

-- name: dead_to_retry
SELECT e.id, e.portal, e.handler, e.delivery_id, d.entity, d.lifecycle
FROM execution AS e JOIN delivery AS d ON d.portal = e.portal AND d.id = e.delivery_id
WHERE e.id = ANY($1::bigint[]) AND e.state = 'dead'
ORDER BY e.id FOR UPDATE OF e;

-- name: revive_executions
UPDATE execution AS e
SET state = 'waiting', lane_id = r.lane_id, attempt = 0, deaths = 0, started_at = NULL,
    finished_at = NULL, note = 'tried again by hand: ' || e.note
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
    AS r (portal, delivery_id, id, lane_id)
WHERE e.portal = r.portal AND e.delivery_id = r.delivery_id AND e.id = r.id;

-- name: drop_dead
UPDATE execution SET state = 'skipped', note = 'dropped by hand: ' || note
WHERE id = ANY($1::bigint[]) AND state = 'dead';

-- name: park_lanes
UPDATE lane SET state = 'parked'
FROM (SELECT portal, id FROM lane
      WHERE portal = $1 AND state IN ('ready', 'delayed') AND ($2 OR NOT lifecycle)
      ORDER BY portal, id FOR UPDATE) AS found
WHERE lane.portal = found.portal AND lane.id = found.id;

-- name: unpark_lanes
UPDATE lane SET state = 'delayed'
FROM (SELECT portal, id FROM lane
      WHERE portal = $1 AND state = 'parked' AND ($2 OR lifecycle)
      ORDER BY portal, id FOR UPDATE) AS found
WHERE lane.portal = found.portal AND lane.id = found.id;

-- name: is_anything_due
SELECT coalesce(bool_or(
    (SELECT TRUE FROM lane AS l WHERE l.slot = slot.slot AND l.state = 'ready' LIMIT 1)
    IS NOT NULL
    OR (SELECT TRUE FROM lane AS l
        WHERE l.slot = slot.slot AND l.state = 'delayed' AND l.due <= $1 LIMIT 1) IS NOT NULL
), FALSE) FROM slot;

-- name: hold_slots
WITH living AS MATERIALIZED (
    SELECT id FROM worker WHERE id = $3 FOR KEY SHARE  -- it is not buried meanwhile
), woken AS (
    UPDATE lane SET state = 'ready'
    WHERE ctid = ANY(ARRAY(
        SELECT l.ctid FROM unnest($1::smallint[]) AS wanted (slot)
        CROSS JOIN LATERAL (
            SELECT ctid FROM lane
            WHERE slot = wanted.slot AND state = 'delayed' AND due <= $2
            ORDER BY due LIMIT 1000 FOR UPDATE SKIP LOCKED
        ) AS l
    )) AND state = 'delayed'
)
SELECT slot, last FROM slot
WHERE (SELECT count(*) FROM living) = 1 AND slot = ANY($1::smallint[]) AND (
    (SELECT TRUE FROM lane AS l WHERE l.slot = slot.slot AND l.state = 'ready' LIMIT 1)
    IS NOT NULL
    OR (SELECT TRUE FROM lane AS l
        WHERE l.slot = slot.slot AND l.state = 'delayed' AND l.due <= $2 LIMIT 1) IS NOT NULL)
ORDER BY slot FOR UPDATE SKIP LOCKED;

-- name: running
SELECT l.portal, l.handler, l.owner = $2 AS is_ours, count(*)::integer AS running,
       max(coalesce(e.deaths, 0)) AS deaths
FROM lane AS l
LEFT JOIN execution AS e ON e.portal = l.portal AND e.delivery_id = l.delivery_id
    AND e.id = l.execution_id
WHERE l.state = 'running' AND (l.slot = ANY($1::smallint[]) OR l.owner = $2)
GROUP BY l.portal, l.handler, is_ours;

-- name: ready_lanes
WITH queues AS MATERIALIZED (
    SELECT s.slot, part.part, ring.portal, ring.handler
    FROM unnest($1::smallint[], $2::text[]) AS s (slot, last)
    CROSS JOIN LATERAL (VALUES (0, s.last, U&'\+10FFFF'), (1, '', s.last)) AS part (part, low, high)
    CROSS JOIN LATERAL (
        WITH RECURSIVE ring (portal, handler) AS (
            (SELECT l.portal, l.handler FROM lane AS l
             WHERE l.slot = s.slot AND l.state = 'ready' AND l.portal > part.low COLLATE "C"
               AND l.portal <= part.high COLLATE "C"
             ORDER BY l.portal, l.handler LIMIT 1)
            UNION ALL
            SELECT following.portal, following.handler
            FROM ring CROSS JOIN LATERAL (
                SELECT l.portal, l.handler FROM lane AS l
                WHERE l.slot = s.slot AND l.state = 'ready'
                  AND (l.portal, l.handler) > (ring.portal, ring.handler)
                  AND l.portal <= part.high COLLATE "C"
                ORDER BY l.portal, l.handler LIMIT 1
            ) AS following
        )
        SELECT portal, handler FROM ring
        WHERE portal <> ALL($3::text[]) AND handler <> ALL($4::text[]) LIMIT $5
    ) AS ring
), share AS MATERIALIZED (
    SELECT ceil($6::double precision / greatest(count(DISTINCT portal), 1))::integer
           + cardinality($7::bigint[]) AS lanes
    FROM queues
)
SELECT q.slot, q.part, q.portal, q.handler, l.id, l.due, l.number, share.lanes AS share
FROM queues AS q CROSS JOIN share
CROSS JOIN LATERAL (
    SELECT id, due, number FROM lane
    WHERE slot = q.slot AND state = 'ready' AND portal = q.portal AND handler = q.handler
    ORDER BY due, number LIMIT share.lanes
) AS l;

-- name: lock_lanes
SELECT l.id, l.ctid
FROM unnest($1::text[], $2::bigint[]) AS wanted (portal, id)
CROSS JOIN LATERAL (
    SELECT id, state, ctid FROM lane WHERE portal = wanted.portal AND id = wanted.id
    LIMIT 1 FOR UPDATE SKIP LOCKED
) AS l
WHERE l.state = 'ready';

-- name: heads
SELECT wanted.lane_id, e.id AS execution_id, e.handler, e.attempt, e.deaths, e.replayed,
       e.started_at, e.note, e.ctid, s.fields AS snapshot, d.*
FROM unnest($1::text[], $2::bigint[]) AS wanted (portal, lane_id)
CROSS JOIN LATERAL (
    SELECT x.*, x.ctid FROM execution AS x
    WHERE x.portal = wanted.portal AND x.lane_id = wanted.lane_id AND x.state = 'waiting'
    ORDER BY x.id LIMIT 1
) AS e
CROSS JOIN LATERAL (
    SELECT * FROM delivery WHERE portal = wanted.portal AND id = e.delivery_id LIMIT 1
) AS d
LEFT JOIN LATERAL (
    SELECT x.fields FROM snapshot AS x
    WHERE x.portal = d.portal AND x.handler = e.handler AND x.entity = d.entity LIMIT 1
) AS s ON TRUE;

-- name: start
WITH slots AS (
    UPDATE slot SET last = s.last FROM unnest($6::smallint[], $7::text[]) AS s (slot, last)
    WHERE slot.slot = s.slot
), executions AS (
    UPDATE execution
    SET state = 'running', attempt = attempt + 1, started_at = coalesce(started_at, $5)
    WHERE ctid = ANY($12::tid[]) AND id = ANY($3)
), empty AS (
    DELETE FROM lane AS l USING unnest($8::text[], $9::bigint[]) AS s (portal, id)
    WHERE l.portal = s.portal AND l.id = s.id AND l.portal = ANY($8) AND l.id = ANY($9)
), parked AS (
    UPDATE lane AS l SET state = 'parked' FROM unnest($10::text[], $11::bigint[]) AS s (portal, id)
    WHERE l.portal = s.portal AND l.id = s.id AND l.portal = ANY($10) AND l.id = ANY($11)
)
UPDATE lane AS l
SET state = 'running', token = nextval('lane_token'), owner = $4,
    delivery_id = ($2::bigint[])[array_position($1::bigint[], l.id)],
    execution_id = ($3::bigint[])[array_position($1::bigint[], l.id)]
WHERE ctid = ANY($13::tid[])
RETURNING l.id, l.token;

-- name: held
WITH standing AS MATERIALIZED (
    SELECT portal, state, paused FROM portal
    WHERE portal = ANY($1::text[]) AND (paused OR state <> 'active')
    ORDER BY portal FOR SHARE
), held AS (
    SELECT l.execution_id AS id, l.portal, l.token, l.lifecycle, l.id AS lane_id, l.ctid AS place
    FROM unnest($1::text[], $2::bigint[]) AS wanted (portal, id)
    CROSS JOIN LATERAL (
        SELECT *, ctid FROM lane WHERE portal = wanted.portal AND id = wanted.id LIMIT 1 FOR UPDATE
    ) AS l
    WHERE l.state = 'running' AND (SELECT count(*) FROM standing) >= 0  -- the portals first
)
SELECT held.*, standing.state, standing.paused
FROM held LEFT JOIN standing ON standing.portal = held.portal;

-- name: next_in_lanes
SELECT wanted.id, e.id IS NOT NULL AS more, e.not_before, e.received_at
FROM unnest($1::text[], $2::bigint[]) AS wanted (portal, id)
LEFT JOIN LATERAL (
    SELECT x.id, x.not_before, d.received_at
    FROM (
        SELECT * FROM execution
        WHERE portal = wanted.portal AND lane_id = wanted.id AND state = 'waiting'
        ORDER BY id LIMIT 1
    ) AS x
    CROSS JOIN LATERAL (
        SELECT received_at FROM delivery WHERE portal = x.portal AND id = x.delivery_id LIMIT 1
    ) AS d
) AS e ON TRUE;

-- name: settle
WITH done AS (
    UPDATE execution SET state = 'done', finished_at = $3, note = ''
    WHERE ctid = ANY(ARRAY(
        SELECT found.ctid
        FROM unnest($1::text[], $15::bigint[], $2::bigint[]) AS k (portal, delivery_id, id)
        CROSS JOIN LATERAL (
            SELECT ctid FROM execution
            WHERE portal = k.portal AND delivery_id = k.delivery_id AND id = k.id LIMIT 1
        ) AS found
    ))
), others AS (
    UPDATE execution AS e
    SET state = o.state, note = o.note, finished_at = o.finished_at,
        attempt = e.attempt - o.uncounted
    FROM unnest($4::text[], $5::bigint[], $6::text[], $7::text[], $8::double precision[],
                $9::integer[], $16::bigint[])
        AS o (portal, id, state, note, finished_at, uncounted, delivery_id)
    WHERE e.portal = o.portal AND e.delivery_id = o.delivery_id AND e.id = o.id
      AND e.portal = ANY($4) AND e.delivery_id = ANY($16)
), moved AS (
    UPDATE lane AS l
    SET state = ($11::text[])[array_position($10::bigint[], l.id)],
        due = ($12::double precision[])[array_position($10::bigint[], l.id)],
        owner = NULL, delivery_id = NULL, execution_id = NULL
    WHERE ctid = ANY($13::tid[])
), noted AS (
    INSERT INTO writer (name, number, written_at) VALUES ($17, $18, $19)
    ON CONFLICT (name) DO UPDATE SET number = excluded.number, written_at = excluded.written_at
)
DELETE FROM lane WHERE ctid = ANY($14::tid[]);

-- name: due
SELECT min(first.due) FROM slot CROSS JOIN LATERAL (
    SELECT l.due FROM lane AS l WHERE l.slot = slot.slot AND l.state = 'delayed'
    ORDER BY l.due LIMIT 1
) AS first;

-- name: held_by
SELECT l.portal, l.id, l.delivery_id, l.execution_id, l.lifecycle FROM lane AS l
WHERE l.owner = $1 AND l.state = 'running' AND l.execution_id <> ALL($2::bigint[])
ORDER BY l.portal, l.id FOR UPDATE;

-- name: give_back
WITH executions AS (
    UPDATE execution AS e SET state = 'waiting', deaths = e.deaths + $4, note = $5
    FROM unnest($1::text[], $7::bigint[], $3::bigint[]) AS g (portal, delivery_id, id)
    WHERE e.portal = g.portal AND e.delivery_id = g.delivery_id AND e.id = g.id
      AND e.portal = ANY($1) AND e.delivery_id = ANY($7)
)
UPDATE lane AS l SET state = g.state, owner = NULL, delivery_id = NULL,
    execution_id = NULL
FROM unnest($1::text[], $2::bigint[], $6::text[]) AS g (portal, id, state)
WHERE l.portal = g.portal AND l.id = g.id AND l.portal = ANY($1) AND l.id = ANY($2);

-- name: portals_of
SELECT DISTINCT portal FROM lane WHERE owner = $1 AND state = 'running';

-- name: add_worker
INSERT INTO worker (id, name, host, pid, started, started_at, lease_until)
VALUES (nextval('worker_number'), $1, $2, $3, $4, $5, $6)
RETURNING id;

-- name: put_snapshot
INSERT INTO snapshot (portal, handler, entity, fields)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
ON CONFLICT (portal, handler, entity) DO UPDATE SET fields = excluded.fields;

-- name: put_snapshots
INSERT INTO snapshot (portal, handler, entity, fields)
SELECT $1, $2, entity, fields
FROM unnest($3::text[], $4::text[], $5::bigint[]) AS wanted (entity, fields, lane)
WHERE NOT EXISTS (SELECT FROM lane WHERE lane.portal = $1 AND lane.id = wanted.lane)
ORDER BY entity COLLATE "C"
ON CONFLICT (portal, handler, entity) DO NOTHING;

-- name: snapshots
SELECT entity, fields FROM snapshot
WHERE portal = $1 AND handler = $2 AND entity = ANY($3::text[]);

-- name: mark
SELECT value FROM mark WHERE portal = $1 AND name = $2;

-- name: set_mark
INSERT INTO mark (portal, name, value) VALUES ($1, $2, $3)
ON CONFLICT (portal, name) DO UPDATE SET value = excluded.value;

-- name: drop_mark
DELETE FROM mark WHERE portal = $1 AND name = $2;

-- name: extend
UPDATE worker SET lease_until = $2 WHERE id = $1
RETURNING extract(epoch FROM clock_timestamp())::double precision AS now;

-- name: time
SELECT extract(epoch FROM clock_timestamp())::double precision AS now;

-- name: workers
SELECT w.id, w.name, w.host, w.pid, w.started_at, w.lease_until,
       (SELECT count(*) FROM lane AS l WHERE l.owner = w.id AND l.state = 'running') AS held
FROM worker AS w ORDER BY w.id;

-- name: others
SELECT id, host, pid, started, lease_until FROM worker WHERE id <> $1;

-- name: condemn_worker
SELECT id, name FROM worker
WHERE id = $1 AND ($4 OR lease_until = 0 OR (
    lease_until <= $2
    -- After a restart of the server everybody needs a moment to say that he lives.
    AND clock_timestamp() - pg_postmaster_start_time() >= make_interval(secs => $3)))
FOR UPDATE SKIP LOCKED;

-- name: orphans
SELECT DISTINCT l.owner FROM lane AS l
WHERE l.state = 'running' AND NOT EXISTS (SELECT FROM worker AS w WHERE w.id = l.owner);

-- name: remove_worker
DELETE FROM worker WHERE id = $1;

-- name: on_duty
INSERT INTO duty (name, owner, until) VALUES ($1, $2, $4)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE duty.owner = excluded.owner OR duty.until <= $3
RETURNING owner;

-- name: end_duties
DELETE FROM duty WHERE owner = $1;

-- name: take
INSERT INTO bucket AS b (host, per_second, empty_at)
VALUES ($1, $3, extract(epoch FROM now()) + 1 / $3::double precision)
ON CONFLICT (host) DO UPDATE
SET empty_at = greatest(b.empty_at, extract(epoch FROM now())) + 1 / $3, per_second = $3
WHERE b.closed_until <= extract(epoch FROM now())
  AND greatest(b.empty_at - extract(epoch FROM now()), 0) * $3 + 1
      <= $2::double precision + 1e-6
RETURNING empty_at;

-- name: bucket
SELECT (closed_until - extract(epoch FROM now()))::double precision AS closed,
       (empty_at - extract(epoch FROM now()))::double precision AS full_for
FROM bucket WHERE host = $1;

-- name: close_bucket
INSERT INTO bucket AS b (host, per_second, empty_at, closed_until)
VALUES ($1, 2, extract(epoch FROM now()) + $3::double precision / 2,
        extract(epoch FROM now()) + $2::double precision)
ON CONFLICT (host) DO UPDATE
SET empty_at = greatest(b.empty_at, extract(epoch FROM now()) + $3 / b.per_second),
    closed_until = greatest(b.closed_until, excluded.closed_until);

-- name: some_facts
SELECT portal, identity FROM fact WHERE (portal, identity) > ($1, $2)
ORDER BY portal, identity OFFSET $3 LIMIT 1;

-- name: drop_old_facts
DELETE FROM fact
WHERE (portal, identity) > ($1, $2) AND told_at < $3
  AND ($4::text IS NULL OR (portal, identity) <= ($4, $5::text));

-- name: old_deliveries
SELECT d.id, d.portal, d.received_at,
       (SELECT TRUE FROM execution AS e WHERE e.portal = d.portal AND e.delivery_id = d.id
        AND e.state IN ('waiting', 'running', 'dead') LIMIT 1) IS NOT NULL AS is_needed
FROM delivery AS d WHERE d.id > $1 ORDER BY d.id LIMIT $2;

-- name: drop_deliveries
WITH executions AS (
    DELETE FROM execution AS e USING unnest($1::text[], $2::bigint[]) AS g (portal, id)
    WHERE e.portal = g.portal AND e.delivery_id = g.id
      AND e.portal = ANY($1) AND e.delivery_id = ANY($2)
)
DELETE FROM delivery AS d USING unnest($1::text[], $2::bigint[]) AS g (portal, id)
WHERE d.portal = g.portal AND d.id = g.id AND d.portal = ANY($1) AND d.id = ANY($2);

-- name: find
SELECT d.*, (SELECT count(*) FROM delivery AS r
             WHERE r.portal = d.portal AND r.repeat_of = d.id) AS repeats
FROM delivery AS d
WHERE d.id < $1
  AND ($2::text IS NULL OR d.portal = $2)
  AND ($3::text IS NULL OR d.code = $3)
  AND ($4::text IS NULL OR d.entity = $4)
  AND ($5::double precision IS NULL OR d.received_at >= $5)
  AND (($6::text IS NULL AND $7::text IS NULL) OR (
        SELECT TRUE FROM execution AS e
        WHERE e.portal = d.portal AND e.delivery_id = d.id
          AND ($6::text IS NULL OR e.handler = $6)
          AND ($7::text IS NULL OR e.state = $7) LIMIT 1) IS NOT NULL)
ORDER BY d.id DESC LIMIT $8;

-- name: delivery
SELECT d.*, (SELECT count(*) FROM delivery AS r
             WHERE r.portal = d.portal AND r.repeat_of = d.id) AS repeats
FROM delivery AS d WHERE d.id = $1;

-- name: executions
SELECT e.*, e.id AS execution_id, l.state AS lane_state, l.due
FROM unnest($1::text[], $2::bigint[]) AS wanted (portal, id)
JOIN execution AS e ON e.portal = wanted.portal AND e.delivery_id = wanted.id
    AND e.portal = ANY($1) AND e.delivery_id = ANY($2)
LEFT JOIN lane AS l ON l.portal = e.portal AND l.id = e.lane_id AND e.state = 'waiting'
ORDER BY e.id;

-- name: dead
SELECT d.*, e.id AS execution_id, e.delivery_id, e.handler, e.state, e.attempt, e.deaths,
       e.replayed, e.started_at, e.finished_at, e.note, NULL AS lane_state, NULL AS due
FROM execution AS e JOIN delivery AS d ON d.portal = e.portal AND d.id = e.delivery_id
WHERE e.state = 'dead' AND e.id < $1
  AND ($2::text IS NULL OR e.handler = $2)
  AND ($3::text IS NULL OR e.portal = $3)
ORDER BY e.id DESC LIMIT $4;

-- name: stats
SELECT (SELECT count(*) FROM execution WHERE state = 'waiting') AS waiting,
       (SELECT count(*) FROM lane WHERE state = 'running') AS running,
       (SELECT count(*) FROM execution WHERE state = 'dead') AS dead,
       (SELECT count(*) FROM lane AS l JOIN execution AS e
            ON e.portal = l.portal AND e.lane_id = l.id AND e.state = 'waiting'
        WHERE l.state = 'parked') AS parked,
       (SELECT min(due) FROM lane WHERE state = 'ready') AS oldest;

-- name: handler_names
SELECT handler, count(*) AS waiting FROM execution WHERE state = 'waiting'
GROUP BY handler ORDER BY handler COLLATE "C";

-- name: installation
SELECT * FROM portal WHERE portal = $1;

-- name: installations
SELECT * FROM portal ORDER BY portal;

-- name: installation_at
SELECT * FROM portal WHERE domain = $1 ORDER BY state = 'deleted', installed_at DESC LIMIT 1;

-- name: add_installation
INSERT INTO portal (portal, member_id, domain, client_endpoint, state, reason, since, paused,
                    purge_at, token_digest, old_digest, old_until, tokens, user_id, scope, status,
                    bound_url, bound_codes, version, installed_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
       1 + last_version, $19
FROM meta
ON CONFLICT (portal) DO NOTHING;

-- name: change_installation
UPDATE portal
SET member_id = $2, domain = $3, client_endpoint = $4, state = $5, reason = $6, since = $7,
    paused = $8, purge_at = $9, token_digest = $10, old_digest = $11, old_until = $12,
    tokens = CASE WHEN $20 THEN tokens ELSE $13 END, user_id = $14, scope = $15, status = $16,
    bound_url = $17, bound_codes = $18, version = version + 1
WHERE portal = $1 AND version = $19;

-- name: tell_portal
SELECT pg_notify('bitrix_events_portal', $1);

-- name: tell_work
SELECT pg_notify('bitrix_events_work', $1);

-- name: tokens_of_every_key
SELECT DISTINCT ON (substr(tokens, 1, $1::integer)) portal, tokens
FROM portal WHERE tokens IS NOT NULL;

-- name: tokens
SELECT tokens FROM portal WHERE portal = $1 FOR UPDATE;

-- name: version
SELECT version FROM portal WHERE portal = $1 FOR UPDATE;

-- name: end_refresh
UPDATE portal SET refresh_until = 0 WHERE portal = $1;

-- name: begin_refresh
UPDATE portal SET refresh_until = $4
WHERE portal = $1 AND version = $2 AND refresh_until <= $3;

-- name: sealed_tokens
SELECT portal, tokens FROM portal WHERE tokens IS NOT NULL ORDER BY portal FOR UPDATE;

-- name: reseal_tokens
UPDATE portal SET tokens = $2 WHERE portal = $1;

-- name: sealed_user_tokens
SELECT portal, id, user_token FROM delivery WHERE user_token IS NOT NULL;

-- name: reseal_user_token
UPDATE delivery SET user_token = $3 WHERE portal = $1 AND id = $2;

-- name: drop_old_user_tokens
UPDATE delivery SET user_token = NULL WHERE user_token IS NOT NULL AND received_at < $1;

-- name: some_deliveries
SELECT id FROM delivery WHERE portal = $1 ORDER BY id LIMIT $2;

-- name: drop_lanes
DELETE FROM lane
USING (SELECT portal, id FROM lane WHERE portal = $1 ORDER BY portal, id FOR UPDATE) AS found
WHERE lane.portal = found.portal AND lane.id = found.id;

-- name: drop_facts
DELETE FROM fact WHERE portal = $1;

-- name: drop_snapshots
DELETE FROM snapshot WHERE portal = $1;

-- name: drop_marks
DELETE FROM mark WHERE portal = $1;

-- name: keep_last_version
UPDATE meta SET last_version = greatest(last_version, $1);

-- name: drop_installation
DELETE FROM portal WHERE portal = $1;

-- name: drop_old_notes
WITH writers AS (DELETE FROM writer WHERE written_at < $1),
     buckets AS (DELETE FROM bucket WHERE empty_at < $1)
DELETE FROM taken_over WHERE taken_at < $1;
