//! What names say: the same word in other spellings, what a query parameter or a property is for.

use std::borrow::Cow;

/// A name without case and separators: `pet_id`, `petId` and `Pet-ID` are one.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The folded name of one thing of a collection: `categories` → `category`, `boxes` → `box`.
pub(super) fn singular(segment: &str) -> String {
    let folded = fold(segment);
    if let Some(stem) = folded.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let hissing = ["sses", "xes", "ches", "shes", "zes"];
    if hissing.iter().any(|ending| folded.ends_with(ending)) {
        return folded[..folded.len() - 2].to_owned();
    }
    match folded.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && stem.len() > 1 => stem.to_owned(),
        _ => folded,
    }
}

/// How many words at their ends two names share: `PayRunCalendarID` and `payrollCalendarID` two.
pub(super) fn shared_ending(one: &str, other: &str) -> usize {
    let (one, other) = (words(one), words(other));
    one.iter().rev().zip(other.iter().rev()).take_while(|(left, right)| left == right).count()
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for c in name.chars() {
        let starts = c.is_uppercase() && !before.is_uppercase() || c.is_alphanumeric() && !before.is_alphanumeric();
        if starts {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// What tells one thing from the others, as far as names go; the best first.
pub(super) const IDENTIFIERS: [&str; 9] = ["id", "uuid", "uid", "guid", "sid", "key", "slug", "code", "name"];

/// What a query parameter of a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// How many items a page has.
    Size,
    /// How many items are left out.
    Offset,
    /// Which page.
    Page,
    /// Behind which item the page starts.
    After,
    /// Before which item the page ends.
    Before,
    /// By which properties the list is ordered.
    Sort,
    /// Which way.
    Direction,
    /// Text that an item holds.
    Search,
}

impl Paging {
    /// From a parameter's name; `page[size]` counts as `size`.
    pub(super) fn of(name: &str) -> Option<Self> {
        let inner = name.split_once('[').map_or(Cow::Borrowed(name), |(outer, inner)| {
            let inner = inner.trim_end_matches(']');
            Cow::Owned(if fold(outer) == "page" && fold(inner) == "number" {
                "page".to_owned()
            } else {
                inner.to_owned()
            })
        });
        Some(match fold(&inner).as_str() {
            "limit" | "size" | "perpage" | "pagesize" | "pagelimit" | "count" | "maxresults" | "maxitems" | "top"
            | "take" | "rows" | "first" | "itemsperpage" | "numresults" | "resultsperpage" => Self::Size,
            "offset" | "skip" | "start" | "startindex" | "startat" | "pageoffset" => Self::Offset,
            "page" | "pagenumber" | "pageindex" | "pageno" | "pagenum" | "currentpage" | "p" => Self::Page,
            "cursor" | "after" | "startingafter" | "pagetoken" | "nextpagetoken" | "nexttoken"
            | "continuationtoken" | "marker" | "pagecursor" | "startcursor" | "aftercursor" | "afterid" | "token" => {
                Self::After
            }
            "before" | "endingbefore" | "beforeid" => Self::Before,
            "sort" | "sortby" | "orderby" | "ordering" | "sortfield" | "sortkey" => Self::Sort,
            "order" | "sortorder" | "sortdirection" | "direction" | "orderdirection" | "dir" | "sortdir" => {
                Self::Direction
            }
            "q" | "query" | "search" | "searchterm" | "term" | "keyword" => Self::Search,
            _ => return None,
        })
    }
}

/// What a property beside a list says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// How many items there are.
    Total,
    /// How many are on this page, or in all where nothing else says that.
    Count,
    /// Which page this is.
    Page,
    /// How many items a page has.
    Size,
    /// How many pages there are.
    Pages,
    /// How many items stand before this page.
    Offset,
    /// Whether there are more.
    More,
    /// Whether there are some before.
    Fewer,
    /// How to ask for the next page: its cursor, number or URL.
    Next,
    /// How to ask for the page before.
    Previous,
    /// How to ask for the first page, or its first item's id.
    First,
    /// How to ask for the last page, or the last item's id.
    Last,
    /// The id of the page's first item.
    FirstId,
    /// The id of the page's last item.
    LastId,
    /// This page's URL.
    Here,
}

impl About {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match fold(name).as_str() {
            "total" | "totalcount" | "totalitems" | "totalelements" | "totalresults" | "totalrecords"
            | "totalentries" | "totalnumber" | "totalsize" | "totalhits" | "recordcount" | "itemcount"
            | "itemscount" | "resultcount" | "estimatedtotalhits" | "xtotalcount" | "xtotal" | "totalobjects"
            | "numfound" => Self::Total,
            "count" | "resultscount" | "returned" | "numberofelements" | "pagecountitems" => Self::Count,
            "page" | "currentpage" | "pagenumber" | "pageindex" | "pageno" => Self::Page,
            "perpage" | "pagesize" | "limit" | "size" | "itemsperpage" | "pagelimit" => Self::Size,
            "totalpages" | "pagecount" | "lastpage" | "pages" | "pagestotal" | "numberofpages" => Self::Pages,
            "offset" | "skip" | "start" | "startindex" => Self::Offset,
            "hasmore" | "hasnext" | "hasnextpage" | "more" | "truncated" | "istruncated" | "morerecords" => Self::More,
            "hasprevious" | "hasprev" | "haspreviouspage" | "hasprevpage" => Self::Fewer,
            "next" | "nextpage" | "nextcursor" | "nextpagetoken" | "nexttoken" | "nexturl" | "nextlink"
            | "nexthref" | "nextpageurl" | "nextpageuri" | "nextmarker" | "after" | "cursor" | "continuationtoken"
            | "odatanextlink" | "endcursor" => Self::Next,
            "previous" | "prev" | "prevpage" | "previouspage" | "previouscursor" | "prevcursor" | "prevurl"
            | "previousurl" | "previouslink" | "previouspageuri" | "previouspagetoken" | "before" | "startcursor" => {
                Self::Previous
            }
            "first" | "firstpageuri" | "firsturl" | "firstpageurl" => Self::First,
            "last" | "lastpageuri" | "lasturl" | "lastpageurl" => Self::Last,
            "firstid" => Self::FirstId,
            "lastid" => Self::LastId,
            "self" | "url" | "uri" | "href" => Self::Here,
            _ => return None,
        })
    }
}

/// Whether a property tells when something came to be.
pub(super) fn is_creation_time(name: &str) -> bool {
    matches!(
        fold(name).as_str(),
        "created"
            | "createdat"
            | "createdon"
            | "createddate"
            | "createdtime"
            | "createdatetime"
            | "creationdate"
            | "creationtime"
            | "creationtimestamp"
            | "createtime"
            | "createdate"
            | "datecreated"
            | "timecreated"
            | "insertedat"
            | "createddatetime"
            | "createdtimestamp"
    )
}

/// Whether a property tells when something last changed.
pub(super) fn is_change_time(name: &str) -> bool {
    matches!(
        fold(name).as_str(),
        "updated"
            | "updatedat"
            | "updatedon"
            | "updateddate"
            | "updatedtime"
            | "updatetime"
            | "updatedate"
            | "dateupdated"
            | "modified"
            | "modifiedat"
            | "modifiedon"
            | "modifieddate"
            | "modificationdate"
            | "modificationtime"
            | "lastmodified"
            | "lastmodifiedat"
            | "lastupdated"
            | "lastupdatedat"
            | "changedat"
            | "lastmodifieddate"
            | "datemodified"
            | "updateddatetime"
            | "updatedtimestamp"
            | "lastupdatetime"
    )
}

/// Whether a property tells of an end that has not come yet when something is made.
pub(super) fn is_end(name: &str) -> bool {
    let folded = fold(name);
    ["deleted", "archived", "cancelled", "canceled", "closed", "completed", "revoked", "expired", "failed"]
        .iter()
        .any(|word| folded.starts_with(word) || folded.ends_with(word))
}

/// What a list may be called where its name is not that of the collection.
pub(super) const LISTS: [&str; 14] = [
    "data",
    "items",
    "results",
    "records",
    "list",
    "entries",
    "values",
    "content",
    "resources",
    "elements",
    "value",
    "rows",
    "objects",
    "embedded",
];

/// What one thing may be wrapped in.
pub(super) const WRAPPERS: [&str; 9] =
    ["data", "result", "item", "record", "payload", "response", "resource", "attributes", "object"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_one() {
        for (name, expected) in [("pet_id", "petid"), ("Pet-ID", "petid"), ("x.y[z]", "xyz"), ("Größe", "größe")] {
            assert_eq!(fold(name), expected);
        }
    }

    #[test]
    fn endings_are_shared_in_words() {
        for (one, other, expected) in [
            ("PayRunCalendarID", "payrollCalendarID", 2),
            ("pay_run_calendar_id", "PayrollCalendarID", 2),
            ("discountId", "accountId", 1),
            ("id", "name", 0),
            ("", "", 0),
        ] {
            assert_eq!(shared_ending(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn one_of_many() {
        for (many, one) in [
            ("pets", "pet"),
            ("categories", "category"),
            ("boxes", "box"),
            ("addresses", "address"),
            ("address", "address"),
            ("store-orders", "storeorder"),
            ("series", "sery"),
            ("s", "s"),
            ("data", "data"),
        ] {
            assert_eq!(singular(many), one, "{many}");
        }
    }

    #[test]
    fn parameters_of_pages() {
        for (name, expected) in [
            ("per_page", Some(Paging::Size)),
            ("page[size]", Some(Paging::Size)),
            ("page[number]", Some(Paging::Page)),
            ("page[offset]", Some(Paging::Offset)),
            ("$skip", Some(Paging::Offset)),
            ("starting_after", Some(Paging::After)),
            ("PageSize", Some(Paging::Size)),
            ("status", None),
        ] {
            assert_eq!(Paging::of(name), expected, "{name}");
        }
    }
}
