-- What sets scenarios off is looked for by what happened: whose a contract is that an event names alone, who has
-- not ordered since, whose birthday comes.
CREATE INDEX happening_contract ON happening ((facts->>'subscription')) WHERE what = 'subscription.started';
CREATE INDEX contact_birthday ON contact (birthday) WHERE birthday IS NOT NULL;
