-- Named statements of the SQLite store; `-- name:` starts one.

-- name: put_delivery
INSERT INTO delivery (id, portal, code, entity, data, received_at, sent_at, event_handler_id,
                      user_id, user_token, lifecycle, repeat_of)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: put_execution
INSERT INTO execution (id, portal, lane_id, delivery_id, handler, state, merges, replayed, deaths,
                       not_before, quiet_by, finished_at, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: put_lane
INSERT INTO lane (id, name, queue, state, lifecycle, due)
VALUES (?, ?, ?, ?, ?, ?);

-- name: put_fact
INSERT INTO fact (portal, identity, handler, delivery_id, told_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET delivery_id = excluded.delivery_id, told_at = excluded.told_at
WHERE told_at <= excluded.told_at - 86400;  -- FACT_WINDOW

-- name: last_ids
SELECT name, seq FROM sqlite_sequence;

-- name: facts
SELECT f.* FROM json_each(:identities) AS wanted
JOIN fact AS f ON f.portal = json_extract(wanted.value, '$[0]')
    AND f.identity = json_extract(wanted.value, '$[1]');

-- name: lanes
SELECT l.id, l.name, l.state, e.id AS tail, e.delivery_id, e.merges, e.deaths, e.quiet_by,
       (SELECT min(id) FROM execution WHERE lane_id = l.id AND state = 'waiting') = e.id AS is_head
FROM lane AS l
LEFT JOIN execution AS e
    ON e.id = (SELECT max(id) FROM execution WHERE lane_id = l.id AND state = 'waiting')
WHERE l.name IN (SELECT value FROM json_each(:names));

-- name: merge_execution
UPDATE execution SET state = 'merged', finished_at = :now, note = :note WHERE id = :id;

-- name: move_lane
UPDATE lane SET state = :state, due = :due WHERE id = :id;

-- name: standing
SELECT portal, state, paused FROM portal
WHERE portal IN (SELECT value FROM json_each(:portals)) AND (paused OR state <> 'active');

-- name: delivery_to_replay
SELECT id, portal, entity, lifecycle FROM delivery WHERE id = :id;

-- name: dead_to_retry
SELECT e.id, e.portal, e.handler, e.delivery_id, d.entity, d.lifecycle
FROM execution AS e JOIN delivery AS d ON d.id = e.delivery_id
WHERE e.id IN (SELECT value FROM json_each(:ids)) AND e.state = 'dead'
ORDER BY e.id;

-- name: revive_execution
UPDATE execution
SET state = 'waiting', lane_id = :lane_id, attempt = 0, deaths = 0, started_at = NULL,
    finished_at = NULL, note = 'tried again by hand: ' || note
WHERE id = :id;

-- name: drop_dead
UPDATE execution SET state = 'skipped', note = 'dropped by hand: ' || note
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'dead';

-- name: wake_lanes
UPDATE lane SET state = 'ready'
WHERE id IN (SELECT id FROM lane WHERE state = 'delayed' AND due <= :now ORDER BY due LIMIT :limit);

-- name: park_lanes
UPDATE lane SET state = 'parked'
WHERE name > :portal || ' ' AND name < :portal || '!' AND state IN ('ready', 'delayed')
  AND (:paused OR NOT lifecycle);

-- name: unpark_lanes
UPDATE lane SET state = 'delayed'
WHERE name > :portal || ' ' AND name < :portal || '!' AND state = 'parked'
  AND (:active OR lifecycle);

-- name: running
SELECT portal, handler, count(*) AS running, max(deaths) AS deaths
FROM execution INDEXED BY execution_running
WHERE state = 'running'
GROUP BY portal, handler;

-- name: ready_queues
WITH RECURSIVE ring (queue) AS (
    SELECT min(queue) FROM lane WHERE state = 'ready' AND queue > :after
    UNION ALL
    SELECT (SELECT min(queue) FROM lane WHERE state = 'ready' AND queue > ring.queue)
    FROM ring WHERE ring.queue IS NOT NULL
)
SELECT queue FROM ring WHERE queue IS NOT NULL LIMIT :limit;

-- name: ready_lanes
SELECT id, due FROM lane WHERE state = 'ready' AND queue = :queue ORDER BY due, id LIMIT :limit;

-- name: heads
SELECT l.id AS lane_id, l.token, e.id AS execution_id, e.handler, e.attempt, e.deaths, e.replayed,
       e.started_at, e.note, s.fields AS snapshot, d.*
FROM lane AS l
JOIN execution AS e
    ON e.id = (SELECT min(id) FROM execution WHERE lane_id = l.id AND state = 'waiting')
JOIN delivery AS d ON d.id = e.delivery_id
LEFT JOIN snapshot AS s
    ON s.portal = d.portal AND s.handler = e.handler AND s.entity = d.entity
WHERE l.id IN (SELECT value FROM json_each(:ids));

-- name: hold_lanes
UPDATE lane SET state = 'running', token = token + 1
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: start_executions
UPDATE execution
SET state = 'running', attempt = attempt + 1, started_at = coalesce(started_at, :now)
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: held
SELECT e.id, l.token, l.lifecycle
FROM execution AS e JOIN lane AS l ON l.id = e.lane_id
WHERE e.id IN (SELECT value FROM json_each(:ids)) AND e.state = 'running' AND l.state = 'running';

-- name: finish_executions
UPDATE execution SET state = 'done', finished_at = :now, note = ''
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: settle_execution
UPDATE execution
SET state = :state, note = :note, finished_at = :finished_at, attempt = attempt - :uncounted
WHERE id = :id;

-- name: next_in_lanes
SELECT l.id, (SELECT e.not_before FROM execution AS e
              WHERE e.lane_id = l.id AND e.state = 'waiting' ORDER BY e.id LIMIT 1) AS not_before,
       EXISTS (SELECT 1 FROM execution AS e WHERE e.lane_id = l.id AND e.state = 'waiting') AS more
FROM lane AS l WHERE l.id IN (SELECT value FROM json_each(:ids));

-- name: put_snapshot
INSERT INTO snapshot (portal, handler, entity, fields)
VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET fields = excluded.fields;

-- name: put_snapshots
INSERT INTO snapshot (portal, handler, entity, fields)
SELECT :portal, :handler, key, value FROM json_each(:fields)
WHERE NOT EXISTS (SELECT 1 FROM lane WHERE name = :portal || ' ' || key || ' ' || :handler)
ON CONFLICT DO NOTHING;

-- name: snapshots
SELECT s.entity, s.fields FROM json_each(:entities) AS wanted
JOIN snapshot AS s
    ON s.portal = :portal AND s.handler = :handler AND s.entity = wanted.value;

-- name: mark
SELECT value FROM mark WHERE portal = :portal AND name = :name;

-- name: set_mark
INSERT INTO mark (portal, name, value) VALUES (:portal, :name, :value)
ON CONFLICT DO UPDATE SET value = excluded.value;

-- name: drop_mark
DELETE FROM mark WHERE portal = :portal AND name = :name;

-- name: free_lanes
UPDATE lane
SET state = 'ready',
    due = (SELECT d.received_at FROM execution AS e JOIN delivery AS d ON d.id = e.delivery_id
           WHERE e.lane_id = lane.id AND e.state = 'waiting' ORDER BY e.id LIMIT 1)
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: drop_empty_lanes
DELETE FROM lane WHERE id IN (SELECT value FROM json_each(:ids));

-- name: due
SELECT min(due) FROM lane WHERE state = 'delayed';

-- name: running_ids
SELECT e.id, e.lane_id, e.portal, l.lifecycle
FROM execution AS e INDEXED BY execution_running LEFT JOIN lane AS l ON l.id = e.lane_id
WHERE e.state = 'running';

-- name: give_back_executions
UPDATE execution SET state = 'waiting', deaths = deaths + :deaths, note = :note
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: give_back_lanes
UPDATE lane SET state = :state WHERE id IN (SELECT value FROM json_each(:ids));

-- name: seen_at
SELECT seen_at FROM meta;

-- name: see
UPDATE meta SET seen_at = :now;

-- name: journalled
SELECT journalled FROM meta;

-- name: take_over
UPDATE meta SET journalled = max(journalled, :number);

-- name: shift_lanes
UPDATE lane SET due = due + :seconds WHERE state IN ('delayed', 'parked');

-- name: shift_executions
UPDATE execution
SET not_before = not_before + :seconds, quiet_by = quiet_by + :seconds,
    started_at = started_at + :seconds
WHERE state = 'waiting' AND (not_before IS NOT NULL OR started_at IS NOT NULL);

-- name: shift_facts
UPDATE fact SET told_at = told_at + :seconds;

-- name: some_facts
SELECT portal, identity FROM fact WHERE (portal, identity) > (:portal, :identity)
ORDER BY portal, identity LIMIT 1 OFFSET :step;

-- name: drop_old_facts
DELETE FROM fact
WHERE (portal, identity) > (:portal, :identity) AND told_at < :before
  AND (:last_portal IS NULL OR (portal, identity) <= (:last_portal, :last_identity));

-- name: old_deliveries
SELECT d.id, d.received_at,
       EXISTS (SELECT 1 FROM execution AS e WHERE e.delivery_id = d.id
               AND e.state IN ('waiting', 'running', 'dead')) AS is_needed
FROM delivery AS d WHERE d.id > :after ORDER BY d.id LIMIT :limit;

-- name: find
SELECT d.*, (SELECT count(*) FROM delivery AS r WHERE r.repeat_of = d.id) AS repeats
FROM delivery AS d
WHERE d.id < :before
  AND (:portal IS NULL OR d.portal = :portal)
  AND (:code IS NULL OR d.code = :code)
  AND (:entity IS NULL OR d.entity = :entity)
  AND (:since IS NULL OR d.received_at >= :since)
  AND ((:handler IS NULL AND :state IS NULL) OR EXISTS (
        SELECT 1 FROM execution AS e
        WHERE e.delivery_id = d.id
          AND (:handler IS NULL OR e.handler = :handler)
          AND (:state IS NULL OR e.state = :state)))
ORDER BY d.id DESC LIMIT :limit;

-- name: delivery
SELECT d.*, (SELECT count(*) FROM delivery AS r WHERE r.repeat_of = d.id) AS repeats
FROM delivery AS d WHERE d.id = :id;

-- name: executions
SELECT e.*, e.id AS execution_id, l.state AS lane_state, l.due
FROM execution AS e LEFT JOIN lane AS l ON l.id = e.lane_id AND e.state = 'waiting'
WHERE e.delivery_id = :delivery_id
ORDER BY e.id;

-- name: dead
SELECT d.*, e.id AS execution_id, e.delivery_id, e.handler, e.state, e.attempt, e.deaths,
       e.replayed, e.started_at, e.finished_at, e.note, NULL AS lane_state, NULL AS due
FROM execution AS e JOIN delivery AS d ON d.id = e.delivery_id
WHERE e.state = 'dead' AND e.id < :before
  AND (:handler IS NULL OR e.handler = :handler)
  AND (:portal IS NULL OR e.portal = :portal)
ORDER BY e.id DESC LIMIT :limit;

-- name: stats
SELECT (SELECT count(*) FROM execution WHERE state = 'waiting') AS waiting,
       (SELECT count(*) FROM execution WHERE state = 'running') AS running,
       (SELECT count(*) FROM execution WHERE state = 'dead') AS dead,
       (SELECT count(*) FROM lane AS l JOIN execution AS e
            ON e.lane_id = l.id AND e.state = 'waiting' WHERE l.state = 'parked') AS parked,
       (SELECT min(due) FROM lane WHERE state = 'ready') AS oldest;

-- name: handler_names
SELECT handler, count(*) AS waiting FROM execution WHERE state = 'waiting'
GROUP BY handler ORDER BY handler;

-- name: installation
SELECT * FROM portal WHERE portal = :portal;

-- name: installations
SELECT * FROM portal ORDER BY portal;

-- name: installation_at
SELECT * FROM portal WHERE domain = :domain ORDER BY state = 'deleted', installed_at DESC LIMIT 1;

-- name: add_installation
INSERT INTO portal (portal, member_id, domain, client_endpoint, state, reason, since, paused,
                    purge_at, token_digest, old_digest, old_until, tokens, user_id, scope, status,
                    bound_url, bound_codes, version, installed_at)
VALUES (:portal, :member_id, :domain, :client_endpoint, :state, :reason, :since, :paused,
        :purge_at, :token_digest, :old_digest, :old_until, :tokens, :user_id, :scope, :status,
        :bound_url, :bound_codes, 1 + (SELECT user_version FROM pragma_user_version), :now)
ON CONFLICT (portal) DO NOTHING;

-- name: change_installation
UPDATE portal
SET member_id = :member_id, domain = :domain, client_endpoint = :client_endpoint, state = :state,
    reason = :reason, since = :since, paused = :paused, purge_at = :purge_at,
    token_digest = :token_digest, old_digest = :old_digest, old_until = :old_until,
    tokens = CASE WHEN :keeps_tokens THEN tokens ELSE :tokens END, user_id = :user_id,
    scope = :scope, status = :status, bound_url = :bound_url, bound_codes = :bound_codes,
    version = version + 1
WHERE portal = :portal AND version = :version;

-- name: tokens_of_every_key
SELECT portal, tokens FROM portal WHERE tokens IS NOT NULL GROUP BY substr(tokens, 1, :head_bytes);

-- name: tokens
SELECT tokens FROM portal WHERE portal = :portal;

-- name: version
SELECT version FROM portal WHERE portal = :portal;

-- name: end_refresh
UPDATE portal SET refresh_until = 0 WHERE portal = :portal;

-- name: begin_refresh
UPDATE portal SET refresh_until = :until
WHERE portal = :portal AND version = :version AND refresh_until <= :now;

-- name: sealed_tokens
SELECT portal, tokens FROM portal WHERE tokens IS NOT NULL;

-- name: reseal_tokens
UPDATE portal SET tokens = :tokens WHERE portal = :portal;

-- name: sealed_user_tokens
SELECT id, portal, user_token FROM delivery WHERE user_token IS NOT NULL;

-- name: reseal_user_token
UPDATE delivery SET user_token = :user_token WHERE id = :id;

-- name: drop_old_user_tokens
UPDATE delivery SET user_token = NULL WHERE user_token IS NOT NULL AND received_at < :before;

-- name: some_deliveries
SELECT id, portal FROM delivery WHERE id > :after ORDER BY id LIMIT :limit;

-- name: drop_executions
DELETE FROM execution WHERE delivery_id IN (SELECT value FROM json_each(:deliveries));

-- name: drop_deliveries
DELETE FROM delivery WHERE id IN (SELECT value FROM json_each(:ids));

-- name: drop_lanes
DELETE FROM lane WHERE name > :portal || ' ' AND name < :portal || '!';

-- name: drop_facts
DELETE FROM fact WHERE portal = :portal;

-- name: drop_snapshots
DELETE FROM snapshot WHERE portal = :portal;

-- name: drop_marks
DELETE FROM mark WHERE portal = :portal;

-- name: drop_installation
DELETE FROM portal WHERE portal = :portal;
