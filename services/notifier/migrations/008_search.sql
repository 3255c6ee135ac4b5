-- Finding customers by what they say of themselves; and what a card tells of a contract's next parcel.

-- A name as it is looked for: width, case, spaces and signs aside, katakana as hiragana, and old forms of
-- characters as the ones in use (﨑 is 崎). Null where nothing is left.
CREATE FUNCTION folded(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(translate(
        regexp_replace(lower(normalize(written, NFKC)), '[[:space:]・.,''‐-]+', '', 'g'),
        'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニ'
        'ヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ'
        '髙﨑邊邉齋齊斉濵濱德槗澤廣國眞惠嶋嶌櫻瀨渕渊曾𠮷',
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなに'
        'ぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ'
        '高崎辺辺斎斎斎浜浜徳橋沢広国真恵島島桜瀬淵淵曽吉'), '')
$$;

-- What follows the family name: all after the first space.
CREATE FUNCTION after_space(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substring(btrim(normalize(written, NFKC)) FROM '[[:space:]]+(.*)$')
$$;

-- The first number, as it is dialled within Japan (+81 90 and +81 (0)90 are 090), digits only.
CREATE FUNCTION dialled(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(regexp_replace(regexp_replace(
        substring(normalize(written, NFKC) FROM '[+]?[0-9(][0-9[:space:]().‐‑‒–—―−ー-]*'),
        '^[+]81[^0-9]*0?', '0'), '[^0-9]', '', 'g'), '')
$$;

-- Compared byte by byte ("C"), so that an index finds what begins alike; the number from its end as well, for
-- people give the last four digits. They are kept by PostgreSQL, and go with the row.
ALTER TABLE contact
    ADD COLUMN name_key  text COLLATE "C" GENERATED ALWAYS AS (folded(name)) STORED,
    ADD COLUMN given_key text COLLATE "C" GENERATED ALWAYS AS (folded(after_space(name))) STORED,
    ADD COLUMN kana_key  text COLLATE "C" GENERATED ALWAYS AS (folded(kana)) STORED,
    ADD COLUMN kana_given_key text COLLATE "C" GENERATED ALWAYS AS (folded(after_space(kana))) STORED,
    ADD COLUMN mail_key  text COLLATE "C" GENERATED ALWAYS AS (lower(btrim(normalize(mail, NFKC)))) STORED,
    ADD COLUMN phone_key text COLLATE "C" GENERATED ALWAYS AS (dialled(phone)) STORED,
    ADD COLUMN phone_end text COLLATE "C" GENERATED ALWAYS AS (reverse(dialled(phone))) STORED;
CREATE INDEX contact_name ON contact (name_key);
CREATE INDEX contact_given ON contact (given_key);
CREATE INDEX contact_kana ON contact (kana_key);
CREATE INDEX contact_kana_given ON contact (kana_given_key);
CREATE INDEX contact_mail ON contact (mail_key);
CREATE INDEX contact_phone ON contact (phone_key);
CREATE INDEX contact_phone_end ON contact (phone_end);

-- The next parcel, as it was told with the risk: also of contracts that never had an alert.
ALTER TABLE assessment
    ADD COLUMN delivery_number int,
    ADD COLUMN min_deliveries  int,
    ADD COLUMN due             timestamptz,
    ADD COLUMN cutoff          timestamptz;

-- What is too old is found by its time.
CREATE INDEX happening_at ON happening (at);
