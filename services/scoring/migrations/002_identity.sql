-- Accounts that an event said something about, and the person each belongs to: the reference of one of its accounts.
-- An account without a row is a person of its own. `identifiers` holds keyed hashes, nothing that could be read.
CREATE TABLE account (
    ref         text PRIMARY KEY,
    person      text        NOT NULL,
    since       timestamptz,
    said_at     timestamptz,
    said_by     uuid,
    identifiers bytea       NOT NULL,
    erased      boolean     NOT NULL DEFAULT false,
    told_at     timestamptz
);
CREATE INDEX account_person ON account (person);

-- Which accounts carry a clue.
CREATE TABLE carrier (
    shop  text NOT NULL,
    kind  text NOT NULL,
    value text NOT NULL,
    ref   text NOT NULL,
    PRIMARY KEY (shop, kind, value, ref)
);

-- A clue's row holds nothing: two transactions that found the same clue at once wait for each other here.
CREATE TABLE clue (
    shop  text NOT NULL,
    kind  text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (shop, kind, value)
);

-- The newest word on two accounts: one customer, or two.
CREATE TABLE decision (
    one     text        NOT NULL,
    other   text        NOT NULL,
    same    boolean     NOT NULL,
    by      text        NOT NULL,
    said_at timestamptz NOT NULL,
    said_by uuid        NOT NULL,
    PRIMARY KEY (one, other),
    CHECK (one < other)
);
CREATE INDEX decision_other ON decision (other);

-- Pairs of persons of which was told that they may be one.
CREATE TABLE suspicion (
    one     text   NOT NULL,
    other   text   NOT NULL,
    because text[] NOT NULL,
    PRIMARY KEY (one, other),
    CHECK (one < other)
);
CREATE INDEX suspicion_other ON suspicion (other);
