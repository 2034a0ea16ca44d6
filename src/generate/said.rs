//! Strings that look like what a property of their name holds.

use super::hint::Hint;
use super::number;
use super::rng::Rng;
use super::text::{
    FIRST_NAMES, LAST_NAMES, LOWER, TOKEN, WORDS, date, email, hostname, ipv6, letters, phone, pick, time, uri, uuid,
};

const PETS: &[&str] = &["Rex", "Luna", "Milo", "Bella", "Max", "Nala"];
const CITIES: &[&str] = &["Amsterdam", "Prague", "Riyadh", "Utrecht", "Brno", "Jeddah", "Rotterdam"];
const REGIONS: &[&str] = &["Utrecht", "Bohemia", "Riyadh", "Bavaria", "Flanders"];
const STREETS: &[&str] = &["Keizersgracht", "Hoofdstraat", "Vodickova", "King Fahd Road", "Stationsweg"];
const COUNTRIES: &[&str] = &["NL", "CZ", "SA", "DE", "BE"];
const CURRENCIES: &[&str] = &["EUR", "CZK", "SAR", "USD"];
const PRODUCTS: &[&str] = &["Oak desk lamp", "Linen notebook", "Steel bottle", "Wool blanket", "Canvas bag"];
const COMPANIES: &[&str] = &["Harbour & Cedar", "Delta Field BV", "Novak Trading", "Juniper Works", "Meadow Foods"];
const ZONES: &[&str] = &["Europe/Amsterdam", "Europe/Prague", "Asia/Riyadh", "UTC"];
const MEDIA_TYPES: &[&str] = &["application/json", "text/plain", "image/png", "application/pdf"];
/// The examples of the registry of account numbers' own documentation (ISO 13616).
const IBANS: &[&str] =
    &["NL91ABNA0417164300", "DE89370400440532013000", "BE68539007547034", "CZ6508000000192000145399"];
const BICS: &[&str] = &["ABNANL2A", "DEUTDEFF", "KREDBEBB"];
const ISBNS: &[&str] = &["9780306406157", "9783161484100", "9781861972712"];
const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
];
const PERSONS: &[&str] = &[
    "user",
    "person",
    "people",
    "customer",
    "contact",
    "author",
    "employee",
    "member",
    "owner",
    "patient",
    "driver",
    "guest",
    "student",
    "teacher",
    "player",
    "client",
    "recipient",
    "sender",
    "assignee",
    "creator",
    "reviewer",
    "candidate",
    "subscriber",
    "actor",
    "artist",
    "passenger",
    "traveler",
    "traveller",
    "profile",
    "cardholder",
    "beneficiary",
    "billing",
    "shipping",
    "payer",
    "payee",
    "attendee",
    "participant",
    "signer",
    "tenant",
    "buyer",
    "seller",
    "lead",
    "agency",
];
const ORGANISATIONS: &[&str] = &[
    "company",
    "organization",
    "organisation",
    "org",
    "vendor",
    "merchant",
    "supplier",
    "business",
    "employer",
    "bank",
    "brand",
    "manufacturer",
    "publisher",
    "carrier",
    "shop",
    "store",
];
const GOODS: &[&str] = &["product", "article", "sku", "line", "offer", "goods", "variant"];

/// A string for a property of this name; a word where the name says nothing.
pub(super) fn string(hint: &Hint<'_>, rng: &mut Rng) -> String {
    known(hint, rng).unwrap_or_else(|| pick(WORDS, rng).to_owned())
}

/// A string for a property whose name says what it holds.
pub(super) fn known(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    // What is called `key` alone is a name, not a secret.
    if hint.plain.is_empty() || hint.plain == "key" {
        return None;
    }
    header(hint, rng)
        .or_else(|| technical(hint, rng))
        .or_else(|| account(hint, rng))
        .or_else(|| personal(hint, rng))
        .or_else(|| place(hint, rng))
        .or_else(|| moment(hint, rng))
        .or_else(|| numeric(hint, rng))
        .or_else(|| wording(hint, rng))
        .or_else(|| identity(hint, rng))
}

/// Header fields that have a form of their own (RFC 9110), as headers are spelt.
fn header(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    let spelt = hint.name.starts_with(|c: char| c.is_uppercase());
    Some(match hint.plain.as_str() {
        "etag" => format!("\"{}\"", letters(TOKEN, 12, rng)),
        "retryafter" => (1 + rng.below(120)).to_string(),
        "lastmodified" | "expires" if spelt => format!("Wed, 05 Mar 2025 {} GMT", time(rng)),
        "location" if spelt => format!("/{}/{}", pick(WORDS, rng), letters(TOKEN, 8, rng)),
        "setcookie" => format!("session={}; Path=/; HttpOnly", letters(TOKEN, 16, rng)),
        _ => return None,
    })
}

fn technical(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    const IMAGES: [&str; 9] = ["avatar", "image", "logo", "thumbnail", "photo", "picture", "icon", "banner", "img"];
    const LINKS: [&str; 14] = [
        "url", "uri", "link", "href", "website", "homepage", "next", "previous", "prev", "self", "webhook", "callback",
        "endpoint", "urls",
    ];
    let two = || format!("{}-{}", WORDS[0], WORDS[2]);
    Some(match hint.plain.as_str() {
        "ipv6" | "ipv6address" => ipv6(0, None, rng),
        "useragent" => pick(BROWSERS, rng).to_owned(),
        "mimetype" | "contenttype" | "mediatype" => pick(MEDIA_TYPES, rng).to_owned(),
        "filename" | "filenames" => format!("{}-{}.pdf", pick(WORDS, rng), pick(WORDS, rng)),
        "extension" | "fileextension" => pick(&["pdf", "png", "csv"], rng).to_owned(),
        "timezone" | "tz" | "zoneinfo" => pick(ZONES, rng).to_owned(),
        "slug" => format!("{}-{}", pick(WORDS, rng), pick(WORDS, rng)),
        "md5" | "checksummd5" => letters(b"0123456789abcdef", 32, rng),
        _ if hint.has(&["ip", "ipv4"]) => format!("192.0.2.{}", 1 + rng.below(254)),
        _ if hint.has(&["mac"]) && (hint.last() == "mac" || hint.has(&["address"])) => {
            let parts: Vec<String> = (0..5).map(|_| format!("{:02x}", rng.below(256))).collect();
            format!("02:{}", parts.join(":"))
        }
        _ if hint.holds(&["email"]) => email(0, None, rng),
        _ if hint.ends(&["hostname", "host", "domain", "domains", "hosts", "fqdn", "subdomain"]) => hostname(0, rng),
        _ if hint.ends(&IMAGES) => format!("https://example.com/images/{}.png", letters(TOKEN, 8, rng)),
        _ if hint.ends(&LINKS) || hint.has(&["url", "uri", "href"]) || hint.plain.ends_with("url") => uri(0, None, rng),
        _ if hint.ends(&["path", "filepath", "directory", "dir", "folder"]) => {
            format!("/{}/{}", pick(WORDS, rng), two())
        }
        _ if hint.ends(&["color", "colour"]) => format!("#{:06x}", rng.below(1 << 24)),
        _ if hint.ends(&["version"]) => format!("{}.{}.{}", 1 + rng.below(4), rng.below(12), rng.below(20)),
        _ if hint.ends(&["sha256", "checksum", "digest"]) => letters(b"0123456789abcdef", 64, rng),
        _ if hint.ends(&["sha", "sha1", "commit", "revision"]) => letters(b"0123456789abcdef", 40, rng),
        _ => return None,
    })
}

fn account(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    let digits = |count, rng: &mut Rng| letters(b"0123456789", count, rng);
    Some(match hint.plain.as_str() {
        "iban" | "bankiban" => pick(IBANS, rng).to_owned(),
        "bic" | "swift" | "swiftcode" | "biccode" => pick(BICS, rng).to_owned(),
        "vat" | "vatnumber" | "vatid" => format!("NL{}B01", digits(9, rng)),
        "isbn" | "isbn13" => pick(ISBNS, rng).to_owned(),
        "ean" | "gtin" | "barcode" | "ean13" => "4006381333931".to_owned(),
        "sku" => format!("{}-{}", letters(b"ABCDEFGHKLMNPRSTUVWXYZ", 3, rng), digits(4, rng)),
        "cvc" | "cvv" => digits(3, rng),
        "cardnumber" => "4242424242424242".to_owned(),
        _ if hint.ends(&["number", "numbers"]) => digits(9, rng),
        _ if hint.ends(&["last4", "lastfour"]) || hint.plain.ends_with("lastfour") => digits(4, rng),
        _ if hint.ends(&["currency", "currencies"]) || hint.plain == "currencycode" => pick(CURRENCIES, rng).to_owned(),
        _ => return None,
    })
}

fn personal(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    let person = |rng: &mut Rng| format!("{} {}", pick(FIRST_NAMES, rng), pick(LAST_NAMES, rng));
    Some(match hint.plain.as_str() {
        "name" | "displayname" => name(&hint.owner(), rng),
        "fullname" | "customername" => person(rng),
        "firstname" | "givenname" => pick(FIRST_NAMES, rng).to_owned(),
        "lastname" | "familyname" | "surname" => pick(LAST_NAMES, rng).to_owned(),
        "username" | "login" | "nickname" | "screenname" => {
            format!("{}.{}", pick(FIRST_NAMES, rng), pick(WORDS, rng)).to_lowercase()
        }
        "gender" | "sex" => pick(&["female", "male"], rng).to_owned(),
        "role" | "roles" => pick(&["admin", "member", "viewer"], rng).to_owned(),
        "title" | "product" | "productname" => pick(PRODUCTS, rng).to_owned(),
        "dob" | "birthday" | "birthdate" | "dateofbirth" => birth(rng),
        _ if hint.holds(&["phone", "mobile"]) || hint.ends(&["fax", "tel", "msisdn"]) => phone(rng),
        _ if hint.last() == "name" => name(hint.words().rev().nth(1).unwrap_or_default(), rng),
        _ if ORGANISATIONS[..6].contains(&hint.plain.as_str()) => pick(COMPANIES, rng).to_owned(),
        _ if hint.last() == "by" => person(rng),
        _ => return None,
    })
}

/// A name of what is called `owner`.
fn name(owner: &str, rng: &mut Rng) -> String {
    match owner {
        owner if PERSONS.contains(&owner) => format!("{} {}", pick(FIRST_NAMES, rng), pick(LAST_NAMES, rng)),
        owner if ORGANISATIONS.contains(&owner) => pick(COMPANIES, rng).to_owned(),
        owner if GOODS.contains(&owner) => pick(PRODUCTS, rng).to_owned(),
        "pet" | "dog" | "cat" | "animal" => pick(PETS, rng).to_owned(),
        "city" | "town" => pick(CITIES, rng).to_owned(),
        "country" => pick(&["Netherlands", "Czechia", "Saudi Arabia", "Germany", "Belgium"], rng).to_owned(),
        "region" | "state" | "province" => pick(REGIONS, rng).to_owned(),
        "file" | "document" | "attachment" => format!("{}-{}.pdf", pick(WORDS, rng), pick(WORDS, rng)),
        "host" | "domain" => hostname(0, rng),
        _ => {
            let first = rng.index(WORDS.len());
            let second = (first + 1 + rng.index(WORDS.len() - 1)) % WORDS.len();
            let (first, second) = (WORDS[first], WORDS[second]);
            format!("{}{} {second}", first[..1].to_uppercase(), &first[1..])
        }
    }
}

fn place(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    Some(match hint.plain.as_str() {
        "city" | "town" | "location" | "locality" => pick(CITIES, rng).to_owned(),
        "country" | "countrycode" | "countries" => pick(COUNTRIES, rng).to_owned(),
        "language" | "lang" | "locale" | "languagecode" => pick(&["en", "nl", "cs", "ar"], rng).to_owned(),
        "state" if ["address", "location", "billing", "shipping"].contains(&hint.owner().as_str()) => {
            pick(REGIONS, rng).to_owned()
        }
        "region" | "province" | "county" => pick(REGIONS, rng).to_owned(),
        "state" | "status" => "active".to_owned(),
        "lat" | "latitude" | "lng" | "lon" | "longitude" => {
            format!("{}.{:04}", number::in_usual(hint, rng), rng.below(10_000))
        }
        _ if hint.holds(&["postcode", "postalcode", "zipcode"]) || hint.ends(&["zip", "postal"]) => {
            format!("{} AB", 1000 + rng.below(8999))
        }
        _ if hint.ends(&["country"]) => pick(COUNTRIES, rng).to_owned(),
        _ if hint.ends(&["city"]) => pick(CITIES, rng).to_owned(),
        "line1" | "addressline1" => format!("{} {}", pick(STREETS, rng), 1 + rng.below(250)),
        "line2" | "addressline2" => format!("Floor {}", 1 + rng.below(9)),
        _ if hint.holds(&["street", "address"]) => format!("{} {}", pick(STREETS, rng), 1 + rng.below(250)),
        _ => return None,
    })
}

fn moment(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    if hint.is_time() {
        return Some(format!("{}T{}Z", date(rng), time(rng)));
    }
    let day = hint.last() == "date" || hint.plain.ends_with("date") && !hint.holds(&["update", "candidate", "mandate"]);
    (day || hint.last() == "on" && hint.words().count() > 1).then(|| date(rng))
}

fn birth(rng: &mut Rng) -> String {
    format!("{}-{:02}-{:02}", 1950 + rng.below(55), 1 + rng.below(12), 1 + rng.below(28))
}

/// A date for a property of this name.
pub(super) fn dated(hint: &Hint<'_>, rng: &mut Rng) -> String {
    if hint.holds(&["birth"]) || hint.plain == "dob" { birth(rng) } else { date(rng) }
}

/// Numbers in text.
fn numeric(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    const COUNTS: [&str; 14] = [
        "count", "quantity", "qty", "total", "year", "month", "day", "hour", "port", "limit", "offset", "size", "page",
        "age",
    ];
    const SUMS: [&str; 9] = ["price", "amount", "cost", "balance", "fee", "tax", "subtotal", "percent", "rate"];
    let whole = number::in_usual(hint, rng);
    if hint.last() == "month" {
        return Some(format!("{whole:02}"));
    }
    if hint.ends(&SUMS) || hint.holds(&["price", "amount"]) {
        return Some(format!("{whole}.{:02}", rng.below(100)));
    }
    hint.ends(&COUNTS).then(|| whole.to_string())
}

fn wording(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    const SENTENCES: [&str; 13] = [
        "description",
        "message",
        "note",
        "notes",
        "comment",
        "comments",
        "text",
        "detail",
        "summary",
        "bio",
        "reason",
        "caption",
        "subject",
    ];
    let says = hint.holds(&["description", "message", "comment"]) || hint.ends(&SENTENCES);
    says.then(|| format!("A note about the {} {}.", pick(WORDS, rng), pick(WORDS, rng)))
}

fn identity(hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    /// Words that end in `id` and are none.
    const OTHERS: [&str; 14] = [
        "paid", "unpaid", "prepaid", "valid", "invalid", "void", "grid", "bid", "solid", "hybrid", "fluid", "rapid",
        "android", "mid",
    ];
    let secret = ["token", "secret", "key", "hash", "signature", "nonce", "cursor", "password"];
    Some(match hint.last() {
        "uuid" | "guid" => uuid(rng),
        "fingerprint" => letters(b"0123456789abcdef", 32, rng),
        last if secret.contains(&last) || hint.has(&["token", "secret"]) || hint.plain.ends_with("token") => {
            letters(TOKEN, 24, rng)
        }
        last if last.ends_with("id") && !OTHERS.contains(&last) => letters(TOKEN, 12, rng),
        "ids" => letters(TOKEN, 12, rng),
        "initials" => letters(LOWER, 2, rng).to_uppercase(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, owner: &str) -> String {
        string(&Hint::new(name, owner), &mut Rng::new(3))
    }

    #[test]
    fn names_say_what_a_string_is() {
        for (names, pattern) in [
            (&["ip_address", "ipAddress", "client_ip"][..], r"^192\.0\.2\.\d+$"),
            (&["mac_address", "mac"], r"^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$"),
            (
                &["timestamp", "time", "created", "expires_at", "end_time", "done_at", "create_time", "updatedAt"],
                r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
            ),
            (&["dob", "birth_date", "due_date", "created_on"], r"^\d{4}-\d\d-\d\d$"),
            (&["hostname", "host", "domain", "custom_domain"], r"^[a-z]+\.example\.com$"),
            (&["timezone"], "^(Europe|Asia)/[A-Z]|UTC"),
            (&["user_agent"], "^Mozilla/"),
            (&["mime_type", "contentType"], "^[a-z]+/[a-z]+$"),
            (&["file_name", "fileName"], r"^[a-z-]+\.pdf$"),
            (&["path"], "^/"),
            (&["hex_color", "color"], "^#[0-9a-f]{6}$"),
            (&["iban"], "^[A-Z]{2}[0-9]{2}"),
            (&["bic"], "^[A-Z]{6}"),
            (&["vat_number"], "^NL[0-9]{9}B01$"),
            (&["isbn"], "^97[89][0-9]{10}$"),
            (&["last4", "tokenLastFour", "last_four"], "^[0-9]{4}$"),
            (&["exp_month"], "^(0[1-9]|1[0-2])$"),
            (&["exp_year", "year"], "^20[0-9]{2}$"),
            (&["version"], r"^\d+\.\d+\.\d+$"),
            (&["sha", "commit", "commit_sha"], "^[0-9a-f]{40}$"),
            (&["sha256"], "^[0-9a-f]{64}$"),
            (&["avatar", "image", "logo", "thumbnail", "homepage", "next", "self", "avatar_url", "href"], "^https://"),
            (&["latitude", "longitude"], r"^-?\d+\.\d+$"),
            (&["count", "quantity", "total", "port", "per_page"], "^[0-9]+$"),
            (&["state", "status"], "^active$"),
            (&["region"], "^[A-Z]"),
            (&["company"], "[A-Z]"),
            (&["role"], "^(admin|member|viewer)$"),
            (&["gender"], "male$"),
            (&["email", "contactEmail"], "@example.com$"),
            (&["paid", "keyword", "key"], "^[a-z]+$"),
            (&["account_number", "invoiceNumber"], "^[0-9]{9}$"),
            (&["line1"], "^[A-Z].* [0-9]+$"),
            (&["user_id", "customerId", "customerid"], "^[a-z0-9]{12}$"),
            (&["default_currency"], "^[A-Z]{3}$"),
            (&["supported_transfer_country"], "^[A-Z]{2}$"),
        ] {
            let pattern = regex::Regex::new(pattern).expect("a pattern");
            for name in names {
                assert!(pattern.is_match(&made(name, "")), "{name}: {}", made(name, ""));
            }
        }
    }

    #[test]
    fn who_has_the_name_says_what_it_is() {
        assert!(PETS.contains(&made("name", "Pet").as_str()));
        assert!(COMPANIES.contains(&made("name", "companies_response").as_str()) || made("name", "Company").len() > 1);
        assert!(FIRST_NAMES.iter().any(|first| made("name", "CustomerResponse").starts_with(first)));
        assert!(PRODUCTS.contains(&made("product_name", "").as_str()));
        assert!(!FIRST_NAMES.iter().any(|first| made("name", "Metric").starts_with(first)));
        assert_eq!(made("expires", "Cookie").len(), 20);
        assert!(made("Expires", "").ends_with("GMT"));
    }
}
