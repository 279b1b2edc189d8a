-- Named statements of the SQLite store; `-- name:` starts one.

-- name: put_delivery
INSERT INTO delivery (portal, code, entity, data, received_at, sent_at, event_handler_id, user_id,
                      user_token)
VALUES (:portal, :code, :entity, :data, :now, :sent_at, :event_handler_id, :user_id, :user_token);

-- name: put_execution
INSERT INTO execution (portal, lane, delivery_id, handler)
VALUES (:portal, :lane, :delivery_id, :handler);

-- name: put_lane
INSERT INTO lane (portal, lane, state, lifecycle, pending, due)
VALUES (:portal, :lane, :lane_state, :lifecycle, 1, :now)
ON CONFLICT (portal, lane) DO UPDATE SET pending = pending + 1;

-- name: wake_lanes
UPDATE lane SET state = 'ready' WHERE state = 'delayed' AND due <= :now;

-- name: standing
SELECT state, paused FROM portal WHERE portal = :portal;

-- name: park_lanes
UPDATE lane SET state = 'parked'
WHERE portal = :portal AND state IN ('ready', 'delayed') AND (:paused OR NOT lifecycle);

-- name: unpark_lanes
UPDATE lane SET state = 'delayed'
WHERE portal = :portal AND state = 'parked' AND (:active OR lifecycle);

-- name: next_ready_portal
SELECT portal FROM lane WHERE state = 'ready' AND portal > :after ORDER BY portal LIMIT 1;

-- name: running_lanes
SELECT count(*) FROM lane WHERE portal = :portal AND state = 'running';

-- name: oldest_ready_lane
SELECT lane, token FROM lane WHERE portal = :portal AND state = 'ready' ORDER BY due LIMIT 1;

-- name: hold_lane
UPDATE lane SET state = 'running', token = token + 1 WHERE portal = :portal AND lane = :lane;

-- name: first_waiting
SELECT e.id AS execution_id, e.handler, e.attempt, e.note, d.*
FROM execution AS e JOIN delivery AS d ON d.id = e.delivery_id
WHERE e.portal = :portal AND e.lane = :lane AND e.state = 'waiting'
ORDER BY e.id LIMIT 1;

-- name: start_execution
UPDATE execution SET state = 'running', attempt = attempt + 1 WHERE id = :execution_id;

-- name: lane
SELECT lifecycle FROM lane WHERE portal = :portal AND lane = :lane;

-- name: let_go_of_lane
UPDATE lane SET state = :lane_state, due = :due, pending = pending - :finished
WHERE portal = :portal AND lane = :lane AND token = :token AND state = 'running'
  AND EXISTS (SELECT 1 FROM execution WHERE id = :execution_id AND state = 'running');

-- name: settle_execution
UPDATE execution
SET state = :state, note = :note, finished_at = :finished_at, attempt = attempt - :uncounted
WHERE id = :execution_id;

-- name: drop_empty_lane
DELETE FROM lane WHERE portal = :portal AND lane = :lane AND pending <= 0;

-- name: next_due
SELECT min(due) FROM lane WHERE state = 'delayed';

-- name: recover_executions
UPDATE execution SET state = 'waiting', note = 'the process died while this ran'
WHERE state = 'running';

-- name: recover_lanes
UPDATE lane
SET state = CASE
    WHEN EXISTS (SELECT 1 FROM portal AS p WHERE p.portal = lane.portal
                 AND (p.paused OR (p.state <> 'active' AND NOT lane.lifecycle)))
    THEN 'parked' ELSE 'ready' END
WHERE state = 'running';

-- name: deliveries
SELECT * FROM delivery WHERE id < :before ORDER BY id DESC LIMIT :limit;

-- name: delivery
SELECT * FROM delivery WHERE id = :id;

-- name: executions
SELECT e.*, l.due
FROM execution AS e
LEFT JOIN lane AS l
    ON l.portal = e.portal AND l.lane = e.lane AND l.state = 'delayed' AND e.state = 'waiting'
WHERE e.delivery_id = :delivery_id
ORDER BY e.id;

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
SELECT id FROM delivery WHERE portal = :portal ORDER BY id LIMIT :limit;

-- name: drop_executions
DELETE FROM execution WHERE delivery_id BETWEEN :first AND :last AND portal = :portal;

-- name: drop_deliveries
DELETE FROM delivery WHERE id BETWEEN :first AND :last AND portal = :portal;

-- name: drop_lanes
DELETE FROM lane WHERE portal = :portal;

-- name: drop_installation
DELETE FROM portal WHERE portal = :portal;
