-- Who changes the counter changes records; nobody else does meanwhile, so revisions become visible in their order.
CREATE TABLE counter (
    only BIGINT PRIMARY KEY CHECK (only = 1),
    revision BIGINT NOT NULL
);

INSERT INTO counter (only, revision) VALUES (1, 0);

CREATE TABLE schema_version (
    version BIGINT NOT NULL
);

INSERT INTO schema_version (version) VALUES (0);

CREATE TABLE records (
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    -- What the tables `labels` and `texts` hold of it, as JSON.
    indexed TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE labels (
    kind TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, field, value, id)
);

-- Apart from the records, so that little is read to look through them all.
CREATE TABLE texts (
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, id)
);

-- The last changes, one for each revision; without a record it was deleted.
CREATE TABLE changes (
    revision BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    record TEXT
);
