-- LINE tells of its users by their ids.
CREATE INDEX contact_line ON contact (line) WHERE line IS NOT NULL;
