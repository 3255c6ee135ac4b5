"""PURE. What the shop deals in: its products, the people who buy, and their orders."""

from datetime import datetime, timedelta, timezone

import msgspec

from simulation.contract import Media

JST = timezone(timedelta(hours=9), "JST")


class Product(msgspec.Struct, frozen=True):
    """Prices are in yen, tax included; food is taxed at 8 %, skincare at 10 %."""

    id: int
    variant_id: int
    sku: str
    title: str
    price: int
    tax_percent: int
    grams: int


PRODUCTS = (
    Product(8_140_225_001_001, 45_310_770_001_001, "AOJIRU-30", "国産大麦若葉の青汁 30包", 3980, 8, 240),
    Product(8_140_225_001_002, 45_310_770_001_002, "LUTEIN-60", "ルテインの恵み 60粒", 2980, 8, 60),
    Product(8_140_225_001_003, 45_310_770_001_003, "NYUSAN-31", "毎朝の乳酸菌 31包", 1980, 8, 90),
    Product(8_140_225_001_004, 45_310_770_001_004, "SERUM-30", "薬用うるおい美容液 30mL", 5480, 10, 150),
)


class Person(msgspec.Struct, frozen=True):
    """Someone invented: the mail domain is a reserved one, phone and postcode are nobody's."""

    customer_id: int
    created_at: datetime
    last_name: str
    first_name: str
    mail: str
    phone: str
    postcode: str
    prefecture: str
    prefecture_code: str
    city: str
    address1: str
    address2: str | None

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"


class Order(msgspec.Struct, frozen=True):
    """One order of one product, as it stands at `updated_at`."""

    id: int
    number: int
    person: Person
    product: Product
    quantity: int
    discount: int
    media: Media
    renewal: bool
    subscribed: bool
    placed_at: datetime
    updated_at: datetime
    paid: bool = False
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None

    @property
    def subtotal(self) -> int:
        return self.product.price * self.quantity

    @property
    def total(self) -> int:
        return self.subtotal - self.discount

    @property
    def tax(self) -> int:
        return self.total * self.product.tax_percent // (100 + self.product.tax_percent)

    @property
    def line_id(self) -> int:
        return self.id + 40_000_000_000_000_000

    @property
    def name(self) -> str:
        return f"#{self.number}"
