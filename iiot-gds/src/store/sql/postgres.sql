-- Who has locked its row is the only writer.
CREATE TABLE schema_version (
    version BIGINT NOT NULL
);

INSERT INTO schema_version (version) VALUES (0);

CREATE TABLE documents (
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- The number of the audit entry that tells of the last change.
    revision BIGINT NOT NULL,
    content TEXT NOT NULL,
    -- What the table `labels` holds of it, as JSON.
    labels TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE labels (
    kind TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, field, value, id)
);

CREATE INDEX labels_of ON labels (kind, id);

-- What was ever to be signed. Only its outcome and its revocation are added, once.
CREATE TABLE artefacts (
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('certificate', 'revocationList')),
    issuer TEXT COLLATE "C" NOT NULL,
    -- The serial number, hexadecimal; or the number of a revocation list, with 20 digits.
    name TEXT COLLATE "C" NOT NULL,
    -- The audit entry that tells of it, and its place there.
    reserved BIGINT NOT NULL,
    place BIGINT NOT NULL,
    to_be_signed BYTEA NOT NULL,
    -- Times count 100 ns since 1601.
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    application TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C",
    signed BYTEA,
    void TEXT,
    finished BIGINT,
    revoked_at BIGINT,
    reason TEXT,
    revoked BIGINT,
    PRIMARY KEY (kind, issuer, name),
    CHECK ((outcome IS NULL AND signed IS NULL AND void IS NULL AND finished IS NULL)
        OR (outcome = 'signed' AND signed IS NOT NULL AND void IS NULL AND finished IS NOT NULL)
        OR (outcome = 'void' AND signed IS NULL AND void IS NOT NULL AND finished IS NOT NULL)),
    CHECK (num_nulls(revoked_at, reason, revoked) IN (0, 3))
);

CREATE INDEX artefacts_unfinished ON artefacts (reserved, place) WHERE outcome IS NULL;
CREATE INDEX artefacts_revoked ON artefacts (kind, issuer, name) WHERE revoked IS NOT NULL;
CREATE INDEX artefacts_of_application ON artefacts (application, issuer, name) WHERE kind = 'certificate';
CREATE INDEX artefacts_of_group ON artefacts (group_id, issuer, name) WHERE kind = 'certificate';

CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);

-- The functions look for tables in this schema, whatever the one is that calls them.
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is on record stays: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION audit_goes_on() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    last audit;
BEGIN
    SELECT * INTO last FROM audit ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 OR NEW.previous <> coalesce(last.hash, '') THEN
        RAISE EXCEPTION 'an audit entry follows the last one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION artefacts_go_on() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome IS NOT NULL OR NEW.revoked IS NOT NULL OR (NEW.kind = 'revocationList' AND EXISTS
            (SELECT 1 FROM artefacts WHERE kind = NEW.kind AND issuer = NEW.issuer AND name >= NEW.name)) THEN
            RAISE EXCEPTION 'what is reserved is new, its number rises, and nothing has become of it'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.kind, NEW.issuer, NEW.name, NEW.reserved, NEW.place, NEW.to_be_signed, NEW.valid_from, NEW.valid_until,
            NEW.application, NEW.group_id, NEW.request)
        IS DISTINCT FROM (OLD.kind, OLD.issuer, OLD.name, OLD.reserved, OLD.place, OLD.to_be_signed, OLD.valid_from,
            OLD.valid_until, OLD.application, OLD.group_id, OLD.request)
        OR (OLD.outcome IS NOT NULL AND (NEW.outcome, NEW.signed, NEW.void, NEW.finished)
            IS DISTINCT FROM (OLD.outcome, OLD.signed, OLD.void, OLD.finished))
        OR (OLD.revoked IS NOT NULL AND (NEW.revoked_at, NEW.reason, NEW.revoked)
            IS DISTINCT FROM (OLD.revoked_at, OLD.reason, OLD.revoked)) THEN
        RAISE EXCEPTION 'what is on record stays' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_goes_on();
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION stays();
CREATE TRIGGER artefacts_go_on BEFORE INSERT OR UPDATE ON artefacts FOR EACH ROW EXECUTE FUNCTION artefacts_go_on();
CREATE TRIGGER artefacts_stay BEFORE DELETE OR TRUNCATE ON artefacts FOR EACH STATEMENT EXECUTE FUNCTION stays();
