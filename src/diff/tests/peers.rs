//! Agreement with what a peer's own tests say of its own documents, where they are at hand.
#![expect(clippy::disallowed_methods, reason = "the pairs are files outside of the project")]

use std::path::Path;

use super::*;

/// The agreement that is kept: in percent.
const LEAST: usize = 97;

fn load(path: &Path) -> Contract {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    contract(&path.to_string_lossy(), &text)
}

#[test]
fn pairs_of_a_peer() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut beside = here.ancestors().skip(1).map(|above| above.join("shared/diff-pairs"));
    let Some((folder, table)) =
        beside.find_map(|folder| Some((folder.clone(), std::fs::read_to_string(folder.join("pairs.tsv")).ok()?)))
    else {
        println!("skipped: there is no `shared/diff-pairs` beside the checkout");
        return;
    };
    let mut rows = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = rows.next().expect("a header");
    let column = |name: &str| header.iter().position(|known| *known == name).expect("the column is there");
    let (base, revision, breaking) = (column("base"), column("revision"), column("breaking"));
    let pairs: BTreeSet<(String, String, String)> = rows
        .filter(|row| matches!(row[breaking], "yes" | "no"))
        .map(|row| (row[base].to_owned(), row[revision].to_owned(), row[breaking].to_owned()))
        .collect();
    let agree = |(base, revision, breaking): &&(String, String, String)| {
        let diff = diff(&load(&folder.join(base)), &load(&folder.join(revision)), &settings());
        (diff.worst() == Some(Level::Breaking)) == (breaking == "yes")
    };
    let agreed = pairs.iter().filter(agree).count();
    assert!(agreed * 100 >= pairs.len() * LEAST, "{agreed} of {}", pairs.len());
}
