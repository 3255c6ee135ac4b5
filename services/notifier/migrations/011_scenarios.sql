-- Scenarios as data, the channels they use, and what they come to.

-- `version` is the newest of scenario_version and the one that is used. `halted_because` says what stopped it by itself
-- (blast_radius); it goes on when a person says so.
CREATE TABLE scenario (
    key            text PRIMARY KEY,
    version        int         NOT NULL,
    active         boolean     NOT NULL,
    switched_at    timestamptz NOT NULL DEFAULT now(),
    switched_by    text,
    halted_at      timestamptz,
    halted_because text,
    CHECK ((halted_at IS NULL) = (halted_because IS NULL))
);
-- Every version ever saved, for ever; `saved_by` is null for what came with the software.
CREATE TABLE scenario_version (
    key      text        NOT NULL,
    version  int         NOT NULL,
    body     jsonb       NOT NULL,
    note     text,
    saved_at timestamptz NOT NULL DEFAULT now(),
    saved_by text,
    PRIMARY KEY (key, version)
);
CREATE TRIGGER scenario_version_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON scenario_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Why a customer came in, and in which arm; `held` is the holdout (比較群), drawn at the enrolment.
-- `due` and `cutoff` are those of the next shipment then; `facts` is what the words may tell of (a closed list).
ALTER TABLE enrolment
    ADD COLUMN held            boolean NOT NULL DEFAULT false,
    ADD COLUMN scenario_group  text    NOT NULL DEFAULT 'retention',
    ADD COLUMN priority        int     NOT NULL DEFAULT 50,
    ADD COLUMN due             timestamptz,
    ADD COLUMN cutoff          timestamptz,
    ADD COLUMN delivery_number int,
    ADD COLUMN facts           jsonb   NOT NULL DEFAULT '{}';
CREATE INDEX enrolment_scenario ON enrolment (scenario, enrolled_at DESC);
CREATE INDEX enrolment_open ON enrolment (customer_ref) WHERE ended_at IS NULL;

-- `channel` is the way it went out, or the first it may go; `creative` the words that were drawn.
-- `batched`: decided, in a batch that has not been handed over; it can be recalled until then.
ALTER TABLE action RENAME COLUMN template TO creative;
ALTER TABLE action ALTER COLUMN creative DROP NOT NULL;
ALTER TABLE action DROP CONSTRAINT action_state_check;
ALTER TABLE action ADD CONSTRAINT action_state_check CHECK (state IN (
    'planned', 'claimed', 'batched', 'sending', 'retry_at', 'sent', 'rejected', 'unknown', 'suppressed', 'expired'));
ALTER TABLE action
    ADD COLUMN batch         uuid,
    ADD COLUMN first_sent_at timestamptz,
    ADD COLUMN cost_amount   bigint,
    ADD CHECK ((state = 'batched') <= (batch IS NOT NULL AND began_at IS NOT NULL));
CREATE INDEX action_scenario ON action (scenario, changed_at DESC);
CREATE INDEX action_changed ON action (changed_at DESC);
CREATE INDEX action_batch ON action (batch) WHERE batch IS NOT NULL;
DROP INDEX action_began;
CREATE INDEX action_began ON action (customer_ref, began_at) WHERE state IN ('batched', 'sending', 'retry_at', 'sent', 'unknown');

-- `payload` is what the provider gets, frozen with the key: a repeat sends the very same.
ALTER TABLE action_message ADD COLUMN payload jsonb;

-- Ways that failed for good, until the address changes: a hard bounce, a complaint, returned mail, a blocked account.
CREATE TABLE unreachable (
    customer_ref text        NOT NULL,
    channel      text        NOT NULL CHECK (channel IN ('mail', 'line', 'postal_dm', 'phone')),
    reason       text        NOT NULL,
    since        timestamptz NOT NULL,
    PRIMARY KEY (customer_ref, channel)
);

-- Never to be contacted (配信禁止リスト): keyed hashes of addresses, so that the list outlives an erasure and meets
-- whoever is imported anew. contact_hash has the hashes of the addresses that we hold now.
CREATE TABLE never_contact (
    hash    text        NOT NULL,
    channel text        NOT NULL CHECK (channel IN ('mail', 'line', 'postal_dm', 'phone')),
    because text        NOT NULL,
    since   timestamptz NOT NULL,
    by      text,
    PRIMARY KEY (hash, channel)
);
CREATE TABLE contact_hash (
    customer_ref text NOT NULL,
    channel      text NOT NULL,
    hash         text NOT NULL,
    PRIMARY KEY (customer_ref, channel)
);
CREATE INDEX contact_hash_hash ON contact_hash (hash);

-- Whom contact makes leave (起こさないリスト): left alone by every scenario of advertising.
CREATE TABLE do_not_wake (
    customer_ref text PRIMARY KEY,
    since        timestamptz NOT NULL,
    because      text        NOT NULL,
    by           text
);

ALTER TABLE contact ADD COLUMN line text;
-- MM-DD: the year is nobody's business.
ALTER TABLE contact ADD COLUMN birthday text CHECK (birthday ~ '^\d\d-\d\d$');

-- What a postal batch is made of (郵送DM, 同梱): files that come out the same however often they are made.
CREATE TABLE batch (
    id             uuid PRIMARY KEY,
    way            text        NOT NULL CHECK (way IN ('postal_dm', 'insert')),
    form           text        NOT NULL CHECK (form IN ('postcard', 'letter', 'insert')),
    cut_off        timestamptz NOT NULL,
    state          text        NOT NULL DEFAULT 'open' CHECK (state IN (
        'open', 'closed', 'handing_over', 'handed_over', 'accepted', 'unknown', 'recalled')),
    pieces         int         NOT NULL DEFAULT 0,
    sha256         text,
    receipt        text,
    closed_at      timestamptz,
    handed_over_at timestamptz,
    settled_by     text,
    UNIQUE (form, cut_off)
);
-- Personal data: names and addresses stand in them; gone once the batch is accepted and kept long enough.
CREATE TABLE batch_file (
    batch   uuid  NOT NULL REFERENCES batch,
    name    text  NOT NULL,
    sha256  text  NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (batch, name)
);
ALTER TABLE action ADD FOREIGN KEY (batch) REFERENCES batch;

-- What LINE told us of our quota, so that replicas ask it seldom.
CREATE TABLE line_quota (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    most      int,
    used      int         NOT NULL,
    asked_at  timestamptz NOT NULL
);

DROP FUNCTION contact_of(text);
-- As before, with all that a message needs; an address and its postcode and prefecture come from one account.
CREATE FUNCTION contact_of(ref text)
RETURNS TABLE (name text, kana text, mail text, phone text, prefecture text, postcode text, address text, line text,
               birthday text)
LANGUAGE sql STABLE AS $$
    SELECT (array_agg(c.name ORDER BY c.place) FILTER (WHERE c.name <> '')) [1],
           (array_agg(c.kana ORDER BY c.place) FILTER (WHERE c.name <> '')) [1],
           (array_agg(c.mail ORDER BY c.place) FILTER (WHERE c.mail <> '')) [1],
           (array_agg(c.phone ORDER BY c.place) FILTER (WHERE c.phone <> '')) [1],
           COALESCE((array_agg(c.prefecture ORDER BY c.place) FILTER (WHERE c.address <> '')) [1],
                    (array_agg(c.prefecture ORDER BY c.place) FILTER (WHERE c.prefecture <> '')) [1]),
           (array_agg(c.postcode ORDER BY c.place) FILTER (WHERE c.address <> '')) [1],
           (array_agg(c.address ORDER BY c.place) FILTER (WHERE c.address <> '')) [1],
           (array_agg(c.line ORDER BY c.place) FILTER (WHERE c.line <> '')) [1],
           (array_agg(c.birthday ORDER BY c.place) FILTER (WHERE c.birthday <> '')) [1]
    FROM (SELECT k.*, row_number() OVER (ORDER BY k.customer_ref <> ref, k.changed_at DESC) AS place
          FROM accounts_of(ref) AS a (account) JOIN contact AS k ON k.customer_ref = a.account
          WHERE NOT EXISTS (SELECT FROM customer_mark AS m
                            WHERE m.customer_ref = ref AND m.erased_at IS NOT NULL)) AS c
$$;
