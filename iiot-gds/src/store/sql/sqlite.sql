CREATE TABLE schema_version (
    version INTEGER NOT NULL
) STRICT;

INSERT INTO schema_version (version) VALUES (0);

CREATE TABLE documents (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    -- The number of the audit entry that tells of the last change.
    revision INTEGER NOT NULL,
    content TEXT NOT NULL,
    -- What the table `labels` holds of it, as JSON.
    labels TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;

CREATE TABLE labels (
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, field, value, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX labels_of ON labels (kind, id);

-- What was ever to be signed. Only its outcome and its revocation are added, once.
CREATE TABLE artefacts (
    kind TEXT NOT NULL CHECK (kind IN ('certificate', 'revocationList')),
    issuer TEXT NOT NULL,
    -- The serial number, hexadecimal; or the number of a revocation list, with 20 digits.
    name TEXT NOT NULL,
    -- The audit entry that tells of it, and its place there.
    reserved INTEGER NOT NULL,
    place INTEGER NOT NULL,
    to_be_signed BLOB NOT NULL,
    -- Times count 100 ns since 1601.
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    application TEXT NOT NULL,
    group_id TEXT NOT NULL,
    request TEXT NOT NULL,
    outcome TEXT CHECK (outcome IN ('signed', 'void')),
    signed BLOB,
    void TEXT,
    finished INTEGER,
    revoked_at INTEGER,
    reason TEXT,
    revoked INTEGER,
    PRIMARY KEY (kind, issuer, name)
) STRICT;

CREATE INDEX artefacts_unfinished ON artefacts (reserved, place) WHERE outcome IS NULL;
CREATE INDEX artefacts_revoked ON artefacts (kind, issuer, name) WHERE revoked IS NOT NULL;
CREATE INDEX artefacts_of_application ON artefacts (application, issuer, name) WHERE kind = 'certificate';
CREATE INDEX artefacts_of_group ON artefacts (group_id, issuer, name) WHERE kind = 'certificate';

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit record never changes'); END;

CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit record never changes'); END;

-- Also where an insert would replace what is there, for that fires no trigger of deletion.
CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
    OR NEW.previous IS NOT coalesce((SELECT hash FROM audit ORDER BY number DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'an audit entry follows the last one'); END;

CREATE TRIGGER artefacts_stay BEFORE DELETE ON artefacts
BEGIN SELECT RAISE(ABORT, 'what was reserved stays'); END;

CREATE TRIGGER artefacts_are_new BEFORE INSERT ON artefacts
WHEN NEW.outcome IS NOT NULL OR NEW.signed IS NOT NULL OR NEW.void IS NOT NULL OR NEW.finished IS NOT NULL
    OR NEW.revoked_at IS NOT NULL OR NEW.reason IS NOT NULL OR NEW.revoked IS NOT NULL
    OR EXISTS (SELECT 1 FROM artefacts WHERE kind = NEW.kind AND issuer = NEW.issuer AND name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'what is reserved is new, and nothing has become of it'); END;

CREATE TRIGGER artefacts_rise BEFORE INSERT ON artefacts
WHEN NEW.kind = 'revocationList'
    AND EXISTS (SELECT 1 FROM artefacts WHERE kind = NEW.kind AND issuer = NEW.issuer AND name >= NEW.name)
BEGIN SELECT RAISE(ABORT, 'the numbers of revocation lists rise'); END;

CREATE TRIGGER artefacts_keep BEFORE UPDATE ON artefacts
WHEN (NEW.kind, NEW.issuer, NEW.name, NEW.reserved, NEW.place, NEW.to_be_signed, NEW.valid_from, NEW.valid_until,
        NEW.application, NEW.group_id, NEW.request)
    IS NOT (OLD.kind, OLD.issuer, OLD.name, OLD.reserved, OLD.place, OLD.to_be_signed, OLD.valid_from, OLD.valid_until,
        OLD.application, OLD.group_id, OLD.request)
BEGIN SELECT RAISE(ABORT, 'what was reserved never changes'); END;

CREATE TRIGGER artefacts_finish_once BEFORE UPDATE ON artefacts
WHEN (OLD.outcome IS NOT NULL
        AND (NEW.outcome, NEW.signed, NEW.void, NEW.finished) IS NOT (OLD.outcome, OLD.signed, OLD.void, OLD.finished))
    OR (NEW.outcome IS NULL AND (NEW.signed IS NOT NULL OR NEW.void IS NOT NULL OR NEW.finished IS NOT NULL))
    OR (NEW.outcome = 'signed' AND (NEW.signed IS NULL OR NEW.void IS NOT NULL OR NEW.finished IS NULL))
    OR (NEW.outcome = 'void' AND (NEW.void IS NULL OR NEW.signed IS NOT NULL OR NEW.finished IS NULL))
BEGIN SELECT RAISE(ABORT, 'an outcome is for ever'); END;

CREATE TRIGGER artefacts_are_revoked_once BEFORE UPDATE ON artefacts
WHEN (OLD.revoked IS NOT NULL
        AND (NEW.revoked_at, NEW.reason, NEW.revoked) IS NOT (OLD.revoked_at, OLD.reason, OLD.revoked))
    OR ((NEW.revoked IS NULL) + (NEW.revoked_at IS NULL) + (NEW.reason IS NULL) NOT IN (0, 3))
BEGIN SELECT RAISE(ABORT, 'a revocation is for ever'); END;
