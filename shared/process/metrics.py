"""Every metric of the system, declared once; the sentence is its documentation.

Labels come from closed sets: never a shop, a customer or an event. Histogram edges lie on the SLOs.
"""

from prometheus_client import Counter, Gauge, Histogram

_ACK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
_END_TO_END = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

# ingest
ingest_requests = Counter(
    "hikitome_ingest_requests_total",
    "Requests by what became of them: accepted, ignored, unverified, untranslatable, refused, limited,"
    " unavailable or failed (an error of ours).",
    ["source", "outcome"],
)
ingest_ack_seconds = Histogram(
    "hikitome_ingest_ack_seconds", "Seconds from a webhook's last byte to our 2xx.", buckets=_ACK
)
ingest_untranslatable = Counter(
    "hikitome_ingest_untranslatable_total",
    "Genuine webhooks that we could not read, kept raw on ingest.dead-letter.",
    ["source", "reason"],
)
ingest_events = Counter(
    "hikitome_ingest_events_total",
    "Lines of POST /v1/events by what became of them: accepted or rejected.",
    ["outcome"],
)
ingest_kept = Counter(
    "hikitome_ingest_kept_total",
    "Records that became durable, in kafka or in the spool.",
    ["where"],
)
spool_records = Gauge("hikitome_spool_records", "Records waiting in the spool for Kafka to come back.")
spool_bytes = Gauge("hikitome_spool_bytes", "Bytes waiting in the spool.")
spool_filled_ratio = Gauge(
    "hikitome_spool_filled_ratio", "How full the spool is by its nearest limit, size or age: 1 is full."
)
spool_oldest_age_seconds = Gauge(
    "hikitome_spool_oldest_age_seconds", "How long the oldest record has been waiting in the spool."
)
spool_refusals = Counter(
    "hikitome_spool_refusals_total",
    "Writes the spool could not take: full, too_old or disk.",
    ["reason"],
)
spool_set_aside = Gauge(
    "hikitome_spool_set_aside",
    "Records that Kafka refuses for ever, kept in the spool's file and tried again at the next start.",
)
spool_drained = Counter("hikitome_spool_drained_total", "Records that went from the spool to Kafka.")
ingest_shops_file_errors = Counter(
    "hikitome_ingest_shops_file_errors_total",
    "Changed shops files that were refused; the old one stays in use.",
)

# Kafka
produce_seconds = Histogram(
    "hikitome_kafka_produce_seconds", "Seconds until the brokers acknowledged a round.", buckets=_ACK
)
produce_unknown = Counter(
    "hikitome_kafka_produce_unknown_total", "Batches of which we don't know whether the broker has them."
)
producer_rebuilds = Counter(
    "hikitome_kafka_producer_rebuilds_total", "Producers thrown away after an error.", ["reason"]
)
consumer_lag_records = Gauge(
    "hikitome_consumer_lag_records", "Records not yet processed.", ["topic", "partition"]
)
consumer_lag_seconds = Gauge(
    "hikitome_consumer_lag_seconds",
    "Age of the record being processed, 0 when caught up.",
    ["topic", "partition"],
)
consumer_assigned_partitions = Gauge(
    "hikitome_consumer_assigned_partitions", "Partitions this process owns.", ["topic"]
)
rebalances = Counter("hikitome_consumer_rebalances_total", "Times the group handed out partitions anew.")
fenced = Counter("hikitome_consumer_fenced_total", "Batches refused because a newer owner has the partition.")
last_poll_timestamp = Gauge(
    "hikitome_consumer_last_poll_timestamp_seconds", "When the consumer last asked for records (Unix time)."
)
events_processed = Counter(
    "hikitome_events_processed_total",
    "Records by what became of them: applied, duplicate or dead_letter.",
    ["topic", "outcome"],
)
batch_records = Histogram("hikitome_batch_records", "Records in one transaction.", buckets=_BATCH)
dead_letters = Counter(
    "hikitome_dead_letters_total", "Records parked because they can't be read.", ["topic", "reason"]
)

# PostgreSQL
db_transaction_seconds = Histogram(
    "hikitome_db_transaction_seconds", "Seconds one batch's transaction was open.", buckets=_ACK
)
outbox_pending = Gauge("hikitome_outbox_pending", "Events committed but not yet published.")
outbox_oldest_age_seconds = Gauge(
    "hikitome_outbox_oldest_age_seconds", "Age of the oldest event that is committed but not yet published."
)

# scoring
received_to_scored_seconds = Histogram(
    "hikitome_received_to_scored_seconds",
    "Seconds from a webhook's receipt to its customer's committed score.",
    buckets=_END_TO_END,
)
scores = Counter("hikitome_scores_total", "Scores by risk band.", ["band"])
risk_events = Counter("hikitome_risk_events_total", "Risk events by phase of the episode.", ["phase"])
refolds = Counter(
    "hikitome_refolds_total", "Customers folded anew from the event log because an event came late."
)
ownerless_events = Counter(
    "hikitome_ownerless_events_total", "Events kept until the owner of their subscription or order is known."
)
customers_merged = Counter(
    "hikitome_customers_merged_total",
    "Times accounts were found to be one customer, or one more of them was.",
)
customers_separated = Counter(
    "hikitome_customers_separated_total", "Accounts that turned out to be customers of their own after all."
)
duplicates_suspected = Counter(
    "hikitome_duplicates_suspected_total", "Pairs of customers that a person was asked to judge."
)
sweep_scored = Counter("hikitome_sweep_scored_total", "Customers scored because their next look was due.")
sweep_oldest_due_seconds = Gauge(
    "hikitome_sweep_oldest_due_seconds", "How long the most overdue look has been waiting, in business time."
)
model_loaded = Gauge("hikitome_model_loaded", "1 for the model version in use.", ["version"])
model_trained_timestamp = Gauge(
    "hikitome_model_trained_timestamp_seconds", "When the model in use was trained (Unix time)."
)

# notifier
alerts_raised = Counter("hikitome_alerts_raised_total", "Alerts put before the call centre.")
alerts_in_state = Gauge("hikitome_alerts_in_state", "Alerts by state.", ["state"])
alert_visible_seconds = Histogram(
    "hikitome_alert_visible_seconds",
    "Seconds from noticing a risk to writing its alert to an agent's stream.",
    buckets=_END_TO_END,
)
claims = Counter("hikitome_claims_total", "Attempts to claim an alert by outcome.", ["outcome"])
dispositions = Counter("hikitome_dispositions_total", "Calls that ended, by how.", ["disposition"])
cancellations = Counter(
    "hikitome_cancellations_total",
    "Requests to cancel by source: desk or cart.",
    ["source"],
)
logins = Counter("hikitome_logins_total", "Log-ins by outcome.", ["outcome"])
sse_clients = Gauge("hikitome_sse_clients", "Open alert streams.")
sse_replayed = Counter("hikitome_sse_replayed_total", "Changes sent again after a reconnect.")
sse_resets = Counter("hikitome_sse_resets_total", "Streams told to reload because their cursor was too old.")
sse_dropped = Counter("hikitome_sse_dropped_total", "Streams dropped because they didn't keep up.")
webhooks = Counter(
    "hikitome_webhooks_total", "Attempts to send a webhook: delivered or not_delivered.", ["outcome"]
)
actions = Counter(
    "hikitome_actions_total",
    "Actions by what became of them: sent, rejected, suppressed, deferred, batched, unknown or expired.",
    ["channel", "outcome"],
)
scenario_halted = Gauge("hikitome_scenario_halted", "Scenarios that stopped because they sent too much.")
actions_in_state = Gauge("hikitome_actions_in_state", "Actions by state.", ["channel", "state"])
action_oldest_age_seconds = Gauge(
    "hikitome_action_oldest_age_seconds", "Age of the oldest action in a state.", ["channel", "state"]
)
provider_seconds = Histogram(
    "hikitome_provider_seconds",
    "Seconds a message's delivery to its provider took.",
    ["channel"],
    buckets=_ACK,
)
line_quota_used = Gauge(
    "hikitome_line_quota_used", "Messages by LINE this month, as LINE counted and we sent since."
)
line_quota_most = Gauge(
    "hikitome_line_quota_most", "Messages by LINE that this month's plan allows; 0 where it sets no limit."
)
line_webhooks = Counter(
    "hikitome_line_webhooks_total",
    "What LINE told by webhook: heard, stranger (no customer of ours), ignored (says nothing to us), or the"
    " whole call unsigned or unreadable.",
    ["outcome"],
)
mail_events = Counter(
    "hikitome_mail_events_total",
    "What a mail provider told (delivered, bounced for good, full, complained, opened, clicked or nothing),"
    " and what became of it: heard, known (told before), stranger (no message of ours), ignored, or the whole"
    " call unsigned or unreadable.",
    ["what", "outcome"],
)
links_followed = Counter(
    "hikitome_links_followed_total",
    "Links in messages that were opened: by a person, by a machine that only looks, or unknown (not signed).",
    ["by"],
)

# the process
connections_cut = Counter(
    "hikitome_connections_cut_total",
    "Connections that we closed: late, idle, unread, malformed or crowded (too many were open).",
    ["reason"],
)
event_loop_lag_seconds = Gauge("hikitome_event_loop_lag_seconds", "How late the event loop woke up last.")
