//! Readers of what somebody else wrote, on texts that are nearly right: without a panic, to an end.
//!
//! The same functions are the targets of `fuzz/`. Here the texts are mutated by a seeded generator, so
//! that a fault comes back. `MUTATIONS=100000 cargo test --release --test mutations -- --ignored` goes on
//! for as long as that takes.
#![expect(clippy::disallowed_methods, reason = "a test reads its seeds and its own settings")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what was tried is for the reader of a run")]

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "the targets of `fuzz/` reach it")]
mod readers;

use std::path::{Path, PathBuf};

type Reader = fn(&[u8]);

/// A reader with the files and texts that it is started from.
struct Target {
    name: &'static str,
    reader: Reader,
    seeds: Vec<Vec<u8>>,
}

fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { below(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut paths = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a readable file")).collect();
    // Mutations of small files meet more in the same time.
    files.into_iter().filter(|bytes| bytes.len() < 20_000).collect()
}

const SMALL: &str = r"openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: 'https://{h}/v1', variables: {h: {default: a}}}]
security: [{k: []}, {}]
paths:
  /a/{id}.{ext}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, format: int64, nullable: true}}]
    post:
      operationId: a
      tags: [t]
      parameters: [{name: q, in: query, style: deepObject, explode: true, schema: {type: object, additionalProperties: {type: string}}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/A'}, example: {n: 1}}}}
      responses:
        2XX: {description: ok, headers: {X-A: {schema: {type: string}}}, content: {'text/*': {schema: {oneOf: [{$ref: '#/components/schemas/A'}, {type: string, pattern: '^a(b|c)*$'}], discriminator: {propertyName: k, mapping: {x: '#/components/schemas/A'}}}}}}
components:
  schemas:
    A: {allOf: [{$ref: '#/components/schemas/B'}, {type: object, required: [n], properties: {n: {type: number, minimum: 0, exclusiveMinimum: true}, self: {$ref: '#/components/schemas/A'}}}]}
    B: {type: object, properties: {k: {enum: [x, y, null]}, l: {type: array, maxItems: 3, items: {type: string, description: At most 3 characters.}}}}
  securitySchemes: {k: {type: apiKey, in: header, name: X-Key}}
";
const OVERLAY: &str = r"overlay: 1.1.0
info: {title: t, version: '1'}
actions:
  - {target: '$.paths.*.get', update: {summary: s, tags: [a]}}
  - {target: '$.components.schemas[?@.type == ''object'']', remove: true}
  - {target: $.info, copy: $.info}
";
const HAR: &str = r#"{"log": {"version": "1.2", "creator": {"name": "c", "version": "1"}, "entries": [
 {"startedDateTime": "2026-01-01T00:00:00Z", "time": 1.5, "request": {"method": "POST", "url": "https://a/pets/1?x=%20", "httpVersion": "HTTP/1.1", "headers": [{"name": "Content-Type", "value": "application/json"}], "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 2, "postData": {"mimeType": "application/json", "text": "{}"}},
  "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [{"name": "content-encoding", "value": "gzip"}], "cookies": [], "content": {"size": 2, "mimeType": "application/json", "text": "e30=", "encoding": "base64"}, "redirectURL": "", "headersSize": -1, "bodySize": 2}, "cache": {}, "timings": {"send": 0, "wait": 1, "receive": 0}}]}}
"#;

const POSTMAN: &str = r#"{"info": {"name": "p", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
 "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{t}}"}]}, "variable": [{"key": "host", "value": "https://a"}],
 "item": [{"name": "f", "auth": {"type": "basic", "basic": [{"key": "username", "value": "u"}]}, "item": [{"name": "r", "event": [{"listen": "test", "script": {"exec": ["x"]}}],
  "request": {"method": "POST", "header": [{"key": "A", "value": "1"}], "url": {"raw": "{{host}}/pets/:id?x=1", "host": ["{{host}}"], "path": ["pets", ":id"], "query": [{"key": "x", "value": "1"}], "variable": [{"key": "id", "value": "7"}]},
   "body": {"mode": "formdata", "formdata": [{"key": "k", "type": "text", "value": "v"}]}},
  "response": [{"name": "ok", "code": 200, "header": [], "body": "{}"}]}]}]}
"#;
const CURL: &str = "curl -X POST 'https://a/pets/1?x=%20' -H \"A: b\" -u 'u:p' --data-raw $'{\\u0041}' \\\n  --compressed\ncurl https://a -F k=v -G -d @f";

/// Each coding's byte, and a body in it.
fn codings() -> Vec<Vec<u8>> {
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcbH\xcd\xc9\xc9\x07\x00\x86\xa6\x106\x05\x00\x00\x00";
    let zlib = b"x\x9c\xcbH\xcd\xc9\xc9\x07\x00\x06,\x02\x15";
    let brotli = b"\x0b\x02\x80hello\x03";
    let zstd = b"\x28\xb5\x2f\xfd\x04\x58\x55\x00\x00\x10aa\x01\x00\x9b\x86\x39\xc0\x02\x2f\x4e\xfe\xfd";
    let bodies: [&[u8]; 4] = [gzip, zlib, brotli, zstd];
    (0..).zip(bodies).map(|(which, body)| [&[which], body].concat()).collect()
}

fn targets() -> Vec<Target> {
    let with = |mut seeds: Vec<Vec<u8>>, texts: &[&str]| {
        seeds.extend(texts.iter().map(|text| text.as_bytes().to_vec()));
        seeds
    };
    let both = format!("{SMALL}---8<---\n{}", SMALL.replace("maxItems: 3", "maxItems: 2").replace("3.0.3", "3.1.0"));
    vec![
        Target { name: "document", reader: readers::document, seeds: with(files("specs", "kit.yaml"), &[SMALL]) },
        Target { name: "overlay", reader: readers::overlay, seeds: with(files("specs", ".overlay.yaml"), &[OVERLAY]) },
        Target { name: "case", reader: readers::case, seeds: files("cases", ".yaml") },
        Target { name: "har", reader: readers::har, seeds: with(Vec::new(), &[HAR]) },
        Target { name: "postman", reader: readers::postman, seeds: with(Vec::new(), &[POSTMAN]) },
        Target { name: "curl", reader: readers::curl, seeds: with(Vec::new(), &[CURL]) },
        Target { name: "coding", reader: readers::coding, seeds: codings() },
        Target { name: "rules", reader: readers::rules, seeds: files("specs", ".mock.yaml") },
        Target { name: "diff", reader: readers::diff, seeds: with(Vec::new(), &[&both]) },
    ]
}

/// Numbers by a seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16;
        usize::try_from(number).unwrap_or(usize::MAX) % most.max(1)
    }

    fn of<'v>(&mut self, values: &'v [&'v str]) -> &'v str {
        values[self.below(values.len())]
    }
}

/// What readers may stumble over.
const ODD: &[&str] = &[
    "null",
    "{}",
    "[]",
    "''",
    "-1",
    "1e999",
    "99999999999999999999",
    "0.1",
    "true",
    "&a [*a]",
    "*a",
    "<<: {}",
    "!!binary x",
    "$ref: '#'",
    "$ref: '#/components/schemas/A'",
    "'#/~2'",
    "../../x",
    "\u{0}",
    "\u{feff}",
    "é𝄞",
    "\r\n",
    "\t",
    "{{ x }}",
    "{% for a in b %}",
    "^(a+)+$",
    "[^",
    "default",
    "5XX",
    "999",
    "*/*",
    "a/b; c=\"",
    "https://[::1",
    "%zz",
    "---\n",
    "? x\n: y",
    "{\"a\":",
    "]",
    "}",
    "allOf",
    "$dynamicRef",
    "oneOf",
    "const",
    "%F0%9F",
    "9999-99-99T99:99:99Z",
];

fn mutated(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(5) {
        let at = random.below(bytes.len());
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(7) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..end, random.of(ODD).bytes())),
            2 => drop(bytes.splice(at..at, random.of(ODD).bytes())),
            3 => {
                let copied = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                drop(bytes.splice(to..to, copied));
            }
            4 => bytes.truncate(at),
            5 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            // A value for another: what stands behind a colon, up to the end of its line or the next comma.
            _ => {
                let colon = bytes[at..].iter().position(|byte| *byte == b':').map(|found| at + found + 1);
                if let Some(start) = colon {
                    let length = bytes[start..].iter().position(|byte| b"\n,}".contains(byte)).unwrap_or(0);
                    let value = format!(" {}", random.of(ODD));
                    drop(bytes.splice(start..start + length, value.bytes()));
                }
            }
        }
    }
    bytes
}

fn run(count: usize) {
    for Target { name, reader, seeds } in targets() {
        assert!(!seeds.is_empty(), "{name} has seeds");
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let before = std::time::Instant::now();
        let mut slowest = std::time::Duration::ZERO;
        for number in 0..count {
            let seed = &seeds[random.below(seeds.len())];
            let bytes = mutated(seed, &mut random);
            let began = std::time::Instant::now();
            if let Err(panic) = std::panic::catch_unwind(|| reader(&bytes)) {
                let path = std::env::temp_dir().join(format!("countersign-{name}-{number}"));
                std::fs::write(&path, &bytes).expect("written");
                eprintln!("{name} panicked at number {number}: the text is {}", path.display());
                std::panic::resume_unwind(panic);
            }
            slowest = slowest.max(began.elapsed());
        }
        println!("{name}: {count} texts in {:.1?}, the slowest {slowest:.1?}", before.elapsed());
    }
}

#[test]
fn a_few_mutations() {
    run(60);
}

#[test]
#[ignore = "takes as long as it is told to"]
fn many_mutations() {
    let wanted = std::env::var("MUTATIONS").ok().and_then(|count| count.parse().ok());
    run(wanted.unwrap_or(20_000));
}
