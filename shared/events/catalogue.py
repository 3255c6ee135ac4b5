"""The catalogue: every event type of the system and its struct; the list is the documentation."""

from typing import Union

import msgspec

from shared.events import action, commerce, customer, engagement, identity, payment, risk, subscription
from shared.events.topics import CHURN_RISK, CUSTOMER_CONTACTS, CUSTOMER_EVENTS, RETENTION_ACTIONS, Topic

Event = Union[  # noqa: UP007 - a union of forty-seven members reads better as a list
    commerce.OrderPlaced,
    commerce.OrderPaid,
    commerce.OrderCancelled,
    commerce.OrderRefunded,
    commerce.OrderDelivered,
    subscription.SubscriptionStarted,
    subscription.SubscriptionChanged,
    subscription.SubscriptionSkipped,
    subscription.SubscriptionUnskipped,
    subscription.SubscriptionPaused,
    subscription.SubscriptionResumed,
    subscription.SubscriptionCancelRequested,
    subscription.SubscriptionCancelled,
    subscription.SubscriptionExpired,
    payment.PaymentFailed,
    payment.PaymentRecovered,
    payment.PaymentMethodChanged,
    customer.CustomerSeen,
    customer.CustomerErased,
    customer.ContactChanged,
    customer.ConsentGranted,
    customer.ConsentWithdrawn,
    engagement.PageViewed,
    engagement.MailOpened,
    engagement.MailClicked,
    engagement.MailBounced,
    engagement.LineFollowed,
    engagement.LineBlocked,
    engagement.LineClicked,
    engagement.SurveyAnswered,
    engagement.SupportContacted,
    engagement.ReferralMade,
    engagement.ReviewPosted,
    identity.DuplicateConfirmed,
    identity.DuplicateDenied,
    identity.DuplicateSuspected,
    identity.CustomerMerged,
    identity.CustomerSeparated,
    risk.RiskAssessed,
    action.ActionSent,
    action.ActionSuppressed,
    action.ActionDeferred,
    action.ActionUnknown,
    action.AlertRaised,
    action.AlertClaimed,
    action.AlertResolved,
    action.OfferAccepted,
]

# A break of an event is a new version here, an upcast from the old one, and a golden file; never an edit.
TYPES: dict[str, type[msgspec.Struct]] = {
    "com.hikitome.order.placed.v1": commerce.OrderPlaced,
    "com.hikitome.order.paid.v1": commerce.OrderPaid,
    "com.hikitome.order.cancelled.v1": commerce.OrderCancelled,
    "com.hikitome.order.refunded.v1": commerce.OrderRefunded,
    "com.hikitome.order.delivered.v1": commerce.OrderDelivered,
    "com.hikitome.subscription.started.v1": subscription.SubscriptionStarted,
    "com.hikitome.subscription.changed.v1": subscription.SubscriptionChanged,
    "com.hikitome.subscription.skipped.v1": subscription.SubscriptionSkipped,
    "com.hikitome.subscription.unskipped.v1": subscription.SubscriptionUnskipped,
    "com.hikitome.subscription.paused.v1": subscription.SubscriptionPaused,
    "com.hikitome.subscription.resumed.v1": subscription.SubscriptionResumed,
    "com.hikitome.subscription.cancel_requested.v1": subscription.SubscriptionCancelRequested,
    "com.hikitome.subscription.cancelled.v1": subscription.SubscriptionCancelled,
    "com.hikitome.subscription.expired.v1": subscription.SubscriptionExpired,
    "com.hikitome.payment.failed.v1": payment.PaymentFailed,
    "com.hikitome.payment.recovered.v1": payment.PaymentRecovered,
    "com.hikitome.payment.method_changed.v1": payment.PaymentMethodChanged,
    "com.hikitome.customer.seen.v1": customer.CustomerSeen,
    "com.hikitome.customer.erased.v1": customer.CustomerErased,
    "com.hikitome.contact.changed.v1": customer.ContactChanged,
    "com.hikitome.consent.granted.v1": customer.ConsentGranted,
    "com.hikitome.consent.withdrawn.v1": customer.ConsentWithdrawn,
    "com.hikitome.page.viewed.v1": engagement.PageViewed,
    "com.hikitome.mail.opened.v1": engagement.MailOpened,
    "com.hikitome.mail.clicked.v1": engagement.MailClicked,
    "com.hikitome.mail.bounced.v1": engagement.MailBounced,
    "com.hikitome.line.followed.v1": engagement.LineFollowed,
    "com.hikitome.line.blocked.v1": engagement.LineBlocked,
    "com.hikitome.line.clicked.v1": engagement.LineClicked,
    "com.hikitome.survey.answered.v1": engagement.SurveyAnswered,
    "com.hikitome.support.contacted.v1": engagement.SupportContacted,
    "com.hikitome.referral.made.v1": engagement.ReferralMade,
    "com.hikitome.review.posted.v1": engagement.ReviewPosted,
    "com.hikitome.duplicate.confirmed.v1": identity.DuplicateConfirmed,
    "com.hikitome.duplicate.denied.v1": identity.DuplicateDenied,
    "com.hikitome.duplicate.suspected.v1": identity.DuplicateSuspected,
    "com.hikitome.customer.merged.v1": identity.CustomerMerged,
    "com.hikitome.customer.separated.v1": identity.CustomerSeparated,
    "com.hikitome.churn.risk_assessed.v1": risk.RiskAssessed,
    "com.hikitome.action.sent.v1": action.ActionSent,
    "com.hikitome.action.suppressed.v1": action.ActionSuppressed,
    "com.hikitome.action.deferred.v1": action.ActionDeferred,
    "com.hikitome.action.unknown.v1": action.ActionUnknown,
    "com.hikitome.alert.raised.v1": action.AlertRaised,
    "com.hikitome.alert.claimed.v1": action.AlertClaimed,
    "com.hikitome.alert.resolved.v1": action.AlertResolved,
    "com.hikitome.offer.accepted.v1": action.OfferAccepted,
}

NAMES: dict[type[msgspec.Struct], str] = {struct: name for name, struct in TYPES.items()}


_TOPICS: dict[type[msgspec.Struct], Topic] = {
    customer.ContactChanged: CUSTOMER_CONTACTS,
    risk.RiskAssessed: CHURN_RISK,
    identity.DuplicateSuspected: CHURN_RISK,
    identity.CustomerMerged: CHURN_RISK,
    identity.CustomerSeparated: CHURN_RISK,
    action.ActionSent: RETENTION_ACTIONS,
    action.ActionSuppressed: RETENTION_ACTIONS,
    action.ActionDeferred: RETENTION_ACTIONS,
    action.ActionUnknown: RETENTION_ACTIONS,
    action.AlertRaised: RETENTION_ACTIONS,
    action.AlertClaimed: RETENTION_ACTIONS,
    action.AlertResolved: RETENTION_ACTIONS,
    action.OfferAccepted: RETENTION_ACTIONS,
}


def topic_of(event: Event) -> Topic:
    """Where an event is published: personal data apart, risks and actions on their own."""
    return _TOPICS.get(type(event), CUSTOMER_EVENTS)
