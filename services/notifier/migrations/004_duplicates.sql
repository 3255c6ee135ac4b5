-- Which accounts are one person: what scoring suspects and concludes, and what people judge.

-- A pair is kept once, its references in order. `told_at` is the time of scoring's newest word about it,
-- `judged_at` that of the newest judgement; both are business time. `judged_by` is null where a cart judged.
CREATE TABLE duplicate_suspicion (
    id        uuid PRIMARY KEY,
    one       text        NOT NULL,
    other     text        NOT NULL,
    because   text[]      NOT NULL,
    since     timestamptz NOT NULL,
    told_at   timestamptz,
    state     text        NOT NULL CHECK (state IN ('open', 'confirmed', 'denied', 'withdrawn')),
    judged_by text REFERENCES agent,
    judged_at timestamptz,
    UNIQUE (one, other),
    CHECK (one < other),
    CHECK ((state IN ('confirmed', 'denied')) = (judged_at IS NOT NULL))
);
CREATE INDEX duplicate_suspicion_open ON duplicate_suspicion (since) WHERE state = 'open';
CREATE INDEX duplicate_suspicion_judged ON duplicate_suspicion (judged_at) WHERE judged_at IS NOT NULL;

-- Who judged what, for ever; `at` is real time.
CREATE TABLE duplicate_judgement (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pair  uuid        NOT NULL REFERENCES duplicate_suspicion,
    state text        NOT NULL CHECK (state IN ('confirmed', 'denied')),
    agent text        NOT NULL REFERENCES agent,
    at    timestamptz NOT NULL
);
CREATE INDEX duplicate_judgement_pair ON duplicate_judgement (pair, id);
CREATE TRIGGER duplicate_judgement_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON duplicate_judgement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Scoring's conclusion: the person an account belongs to; `told_at` is the time of the newest word about it.
CREATE TABLE same_person (
    account text PRIMARY KEY,
    person  text        NOT NULL,
    because text[]      NOT NULL DEFAULT '{}',
    told_at timestamptz NOT NULL
);
CREATE INDEX same_person_person ON same_person (person);

-- Few are erased, and whoever is must be found among all who ever said a word about calls.
CREATE INDEX customer_mark_erased ON customer_mark (customer_ref) WHERE erased_at IS NOT NULL;

-- Every account of the person whose account this is, itself among them.
CREATE FUNCTION accounts_of(ref text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT ref UNION SELECT b.account FROM same_person AS a JOIN same_person AS b USING (person)
    WHERE a.account = ref
$$;

-- What a person holds to each channel: the newest word on any of the accounts; at the same time a refusal wins.
CREATE FUNCTION consent_of(ref text) RETURNS TABLE (channel text, granted boolean) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (k.channel) k.channel, k.granted
    FROM accounts_of(ref) AS a (account) JOIN consent AS k ON k.customer_ref = a.account
    ORDER BY k.channel, k.changed_at DESC, k.granted
$$;

-- How to reach a person: the account's own contact first, and what that lacks from the newest of the others.
-- A name and its kana come from one account. Of who is erased nothing is said, whoever else he is.
CREATE FUNCTION contact_of(ref text)
RETURNS TABLE (name text, kana text, mail text, phone text, prefecture text) LANGUAGE sql STABLE AS $$
    SELECT (array_agg(c.name ORDER BY c.place) FILTER (WHERE c.name <> '')) [1],
           (array_agg(c.kana ORDER BY c.place) FILTER (WHERE c.name <> '')) [1],
           (array_agg(c.mail ORDER BY c.place) FILTER (WHERE c.mail <> '')) [1],
           (array_agg(c.phone ORDER BY c.place) FILTER (WHERE c.phone <> '')) [1],
           (array_agg(c.prefecture ORDER BY c.place) FILTER (WHERE c.prefecture <> '')) [1]
    FROM (SELECT k.*, row_number() OVER (ORDER BY k.customer_ref <> ref, k.changed_at DESC) AS place
          FROM accounts_of(ref) AS a (account) JOIN contact AS k ON k.customer_ref = a.account
          WHERE NOT EXISTS (SELECT FROM customer_mark AS m
                            WHERE m.customer_ref = ref AND m.erased_at IS NOT NULL)) AS c
$$;

-- Contacts are shown on the page of duplicates too, where there is no alert, and with the address.
ALTER TABLE contact_view ALTER COLUMN alert DROP NOT NULL;
ALTER TABLE contact_view DROP CONSTRAINT contact_view_shown_check;
ALTER TABLE contact_view ADD CHECK (cardinality(shown) > 0 AND shown <@ ARRAY ['phone', 'mail', 'address']);

-- What speaks for staying, and how much the model was taught.
ALTER TABLE alert ADD COLUMN strengths jsonb NOT NULL DEFAULT '[]';
ALTER TABLE alert ADD COLUMN rung text NOT NULL DEFAULT 'full';
