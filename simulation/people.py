"""PURE. People who do not exist: names, reserved mail addresses, and places to send parcels to."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

from msgspec.structs import replace

from simulation.things import Person

LAST_NAMES = (
    ("佐藤", "sato"),
    ("鈴木", "suzuki"),
    ("高橋", "takahashi"),
    ("田中", "tanaka"),
    ("伊藤", "ito"),
    ("渡辺", "watanabe"),
    ("山本", "yamamoto"),
    ("中村", "nakamura"),
    ("小林", "kobayashi"),
    ("加藤", "kato"),
    ("吉田", "yoshida"),
    ("山田", "yamada"),
    ("佐々木", "sasaki"),
    ("松本", "matsumoto"),
    ("井上", "inoue"),
    ("木村", "kimura"),
    ("清水", "shimizu"),
    ("斎藤", "saito"),
)
FIRST_NAMES = (
    *("陽子", "恵子", "久美子", "由美子", "明美", "真由美", "智子", "裕子", "美咲", "さくら", "和子", "幸子"),
    *("健一", "誠", "浩", "隆", "大輔", "直樹", "翔太", "修"),
)
# Made-up postcodes, that nobody gets this post; unlike …-0000, a whole town's, they have a customer barcode.
PLACES = (
    ("東京都", "JP-13", "世田谷区", "154-9999", "三軒茶屋"),
    ("神奈川県", "JP-14", "横浜市港北区", "222-9999", "日吉"),
    ("大阪府", "JP-27", "豊中市", "560-9999", "本町"),
    ("愛知県", "JP-23", "名古屋市千種区", "464-9999", "今池"),
    ("福岡県", "JP-40", "福岡市早良区", "814-9999", "西新"),
    ("北海道", "JP-01", "札幌市豊平区", "062-9999", "平岸"),
    ("宮城県", "JP-04", "仙台市太白区", "982-9999", "長町"),
    ("広島県", "JP-34", "広島市安佐南区", "731-9999", "祇園"),
    ("京都府", "JP-26", "京都市左京区", "606-9999", "下鴨"),
    ("静岡県", "JP-22", "浜松市中央区", "430-9999", "中央"),
    ("新潟県", "JP-15", "長岡市", "940-9999", "大手通"),
    ("鹿児島県", "JP-46", "鹿児島市", "890-9999", "荒田"),
)
BUILDINGS = ("コーポ青葉", "メゾン緑", "グランハイツ", "サンライズマンション")


def invented(number: int, customer_id: int, created_at: datetime, rng: Random) -> Person:
    """Customer number `number` of the shop."""
    last_name, roman = rng.choice(LAST_NAMES)
    person = Person(
        customer_id=customer_id,
        created_at=created_at,
        last_name=last_name,
        first_name=rng.choice(FIRST_NAMES),
        mail=f"{roman}.{number}@example.com",
        phone=f"090-0000-{number % 10_000:04d}",
        postcode="",
        prefecture="",
        prefecture_code="",
        city="",
        address1="",
        address2=None,
    )
    return moved(person, rng)


Likeness = Callable[[Person], Person]
"""What a new person shares with one whom the shop knows already."""

# Who comes back under a new account: with the same mail and all, or having moved, or with a new phone.
SAME_IN_ALL, SAME_PHONE = 0.5, 0.3


def the_same(former: Person, rng: Random) -> Likeness:
    """Somebody who opens a second account."""
    way = rng.random()
    if way < SAME_IN_ALL:
        return partial(_with_all_of, former)
    return partial(_with_phone_of if way < SAME_IN_ALL + SAME_PHONE else _with_address_of, former)


def of_the_household(other: Person) -> Likeness:
    """Somebody else under the same roof: the family's name, its address and its telephone."""
    return partial(_living_with, other)


def _with_all_of(former: Person, person: Person) -> Person:
    return replace(former, customer_id=person.customer_id, created_at=person.created_at)


def _with_phone_of(former: Person, person: Person) -> Person:
    return replace(person, last_name=former.last_name, first_name=former.first_name, phone=former.phone)


def _with_address_of(former: Person, person: Person) -> Person:
    return replace(_at_home_of(former, person), last_name=former.last_name, first_name=former.first_name)


def _living_with(other: Person, person: Person) -> Person:
    taken = person.first_name == other.first_name
    first_name = FIRST_NAMES[FIRST_NAMES.index(other.first_name) - 1] if taken else person.first_name
    related = replace(person, last_name=other.last_name, first_name=first_name, phone=other.phone)
    return _at_home_of(other, related)


def _at_home_of(other: Person, person: Person) -> Person:
    return replace(
        person,
        postcode=other.postcode,
        prefecture=other.prefecture,
        prefecture_code=other.prefecture_code,
        city=other.city,
        address1=other.address1,
        address2=other.address2,
    )


def moved(person: Person, rng: Random) -> Person:
    """The same person at another address."""
    prefecture, code, city, postcode, quarter = rng.choice(PLACES)
    block = f"{rng.randint(1, 6)}-{rng.randint(1, 30)}-{rng.randint(1, 20)}"
    flat = f"{rng.choice(BUILDINGS)}{rng.randint(1, 9)}0{rng.randint(1, 8)}号室"
    return replace(
        person,
        postcode=postcode,
        prefecture=prefecture,
        prefecture_code=code,
        city=city,
        address1=quarter + block,
        address2=flat if rng.random() < 0.5 else None,
    )
