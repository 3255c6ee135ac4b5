-- Who may enter: four roles, accounts from three sources, sessions that tell where they began, and ways through a provider.

-- `source`: kept by the settings at each start, made on the page of accounts (local), or at a provider's word (oidc).
-- `subject`: whom the provider means, for ever; the log-in is only how we call that person.
ALTER TABLE agent DROP CONSTRAINT agent_role_check;
ALTER TABLE agent
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN source      text    NOT NULL DEFAULT 'settings' CHECK (source IN ('settings', 'local', 'oidc')),
    ADD COLUMN subject     text UNIQUE,
    ADD COLUMN must_change boolean NOT NULL DEFAULT false,
    ADD COLUMN seen_at     timestamptz,
    ADD CHECK (role IN ('agent', 'supervisor', 'marketer', 'admin')),
    ADD CHECK ((source = 'oidc') = (password_hash IS NULL)),
    ADD CHECK ((source = 'oidc') = (subject IS NOT NULL));

ALTER TABLE session
    ADD COLUMN seen_at timestamptz,
    ADD COLUMN peer    text;

-- A log-in that has gone to the provider and not come back yet; the token is in that browser's cookie.
CREATE TABLE login_begun (
    token_hash bytea PRIMARY KEY,
    state      text        NOT NULL,
    nonce      text        NOT NULL,
    verifier   text        NOT NULL,
    begun_at   timestamptz NOT NULL
);
CREATE INDEX login_begun_at ON login_begun (begun_at);

-- For the filter by what was done.
CREATE INDEX audit_entry_what ON audit_entry (what, id);
