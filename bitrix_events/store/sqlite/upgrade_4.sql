-- From version 4 of the schema to 5.

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

UPDATE meta SET schema_version = 5;
