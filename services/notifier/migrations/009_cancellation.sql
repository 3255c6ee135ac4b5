-- What an agent wrote about a request to leave. Personal data, so it stands apart: the request stays, the words may go.
CREATE TABLE cancellation_note (
    cancellation uuid PRIMARY KEY REFERENCES cancellation,
    customer_ref text NOT NULL,
    note         text NOT NULL
);
CREATE INDEX cancellation_note_customer ON cancellation_note (customer_ref);

CREATE INDEX cancellation_contract ON cancellation (cart, subscription, recorded_at DESC);
CREATE INDEX cancellation_done ON cancellation (done_at DESC) WHERE done_at IS NOT NULL;
