CREATE TABLE cases (
    reference   TEXT    NOT NULL PRIMARY KEY,
    legal_basis TEXT    NOT NULL,
    authority   TEXT    NOT NULL,
    -- Milliseconds since 1970-01-01T00:00Z; the window that may be asked about, both ends included.
    from_millis INTEGER NOT NULL,
    to_millis   INTEGER NOT NULL,
    -- IPv4 prefixes, separated by blanks; empty is any address.
    addresses   TEXT    NOT NULL,
    note        TEXT    NOT NULL,
    opened_by   TEXT    NOT NULL,
    opened_at   INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    decided_by  TEXT,
    decided_at  INTEGER,
    remark      TEXT    NOT NULL
) STRICT;
CREATE INDEX cases_by_time ON cases (opened_at)
