"""How often things happen in the marketplace, as data.

Every rate that is not a shape (a table of weights beside its use) stands here, in parts per
million unless its name says otherwise.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of the generated marketplace; ``_ppm`` are parts per million of what the name says."""

    new_person_order_ppm: int = 800_000
    """Orders that come from a person who registers for it."""
    second_account_ppm: int = 25_000
    """People who open a second account, 5 to 400 days after the first."""
    moves_per_account_year_ppm: int = 60_000
    contact_changes_per_account_year_ppm: int = 80_000
    account_deletions_per_year_ppm: int = 8_000
    repeated_move_ppm: int = 150_000
    """Moves that are entered twice on one day, the second time with another address."""

    late_order_ppm: int = 15_000
    """Orders that reach the order management system 1 to 30 days after the purchase."""
    canceled_ppm: int = 12_000
    unavailable_ppm: int = 6_000
    lost_ppm: int = 4_000
    """Shipped orders that never arrive."""
    postponed_ppm: int = 20_000
    """Orders whose promised day is moved when they are shipped."""
    purchase_correction_ppm: int = 10_000
    """Orders whose time of purchase is changed 1 to 20 days after they are first shown, by 1 hour
    to 12 days either way."""
    deleted_order_ppm: int = 3_000
    deleted_item_ppm: int = 4_000
    price_correction_ppm: int = 4_000
    payment_correction_ppm: int = 6_000
    """Payments first reported with a wrong value, put right on the same day or up to 3 later."""
    unnamed_currency_ppm: int = 100_000
    """Payments in BRL of which the gateway does not name the currency."""
    review_edit_ppm: int = 20_000
    second_review_ppm: int = 5_000
    late_review_ppm: int = 20_000
    """Reviews that customer service delivers 1 to 30 days after the answer."""
    unanswered_time_ppm: int = 20_000
    """Reviews taken by phone, without the time of the answer."""
    product_removal_per_year_ppm: int = 40_000
    seller_removal_per_year_ppm: int = 40_000
    product_recategorised_per_year_ppm: int = 60_000
    product_without_category_ppm: int = 18_000
    lower_case_state_ppm: int = 3_000

    late_event_ppm: int = 20_000
    """Events of orders that are recorded an hour to 10 days after they occurred; others within 10
    minutes."""
    repeated_event_ppm: int = 10_000
    """Events that are sent twice, up to 3 days apart, at two offsets of the topic."""
    revised_rate_ppm: int = 40_000
    """Exchange rates that are revised on the morning after."""
    late_lead_ppm: int = 30_000
    """Versions of leads that marketing delivers 1 to 5 days late."""
    repeated_lead_ppm: int = 20_000
    """Versions of leads that are delivered again a day after."""
    mistyped_cnpj_ppm: int = 20_000
    """Leads whose company number has a wrong check digit."""
    mistyped_phone_ppm: int = 20_000
    """Leads whose phone is no phone number."""
    point_outside_ppm: int = 10_000
    """Points of the postal service that lie outside of Brazil."""
    prefix_without_point_ppm: int = 20_000
    prefix_moved_per_delivery_ppm: int = 50_000
    """Postal prefixes whose points are measured anew for a delivery."""

    malformed_move_ppm: int = 30_000
    """Moves (after the first business date) entered without postal code, put right in 1 to 3
    days."""
    malformed_item_ppm: int = 5_000
    """Items first entered with a negative price, put right in 1 to 5 days."""
    malformed_payment_ppm: int = 5_000
    malformed_review_ppm: int = 8_000
    malformed_product_ppm: int = 1_500
    malformed_seller_ppm: int = 3_000
    malformed_event_ppm: int = 2_000
    malformed_lead_ppm: int = 5_000
    malformed_rate_ppm: int = 20_000
    malformed_point_ppm: int = 2_000
    duplicate_payment_ppm: int = 4_000
    duplicate_review_ppm: int = 5_000
    duplicate_product_ppm: int = 1_000
    duplicate_seller_ppm: int = 2_000
    duplicate_event_ppm: int = 2_000
    duplicate_lead_ppm: int = 5_000
    duplicate_rate_ppm: int = 10_000
    duplicate_point_ppm: int = 150_000
    """Malformed and duplicate rows of files and pages are copies of a good row of the batch: the
    good one is always delivered too."""
