//! The runs that every format is tested with.

use serde_json::{Value, json};

use crate::source::{Place, Pointer};
use crate::verdict::{
    CaseId, CaseResult, CheckId, ContractCoverage, ContractSummary, CoverageItem, CoverageKind, Event, FORMAT_VERSION,
    Finding, InstancePointer, Operation, Origin, PromiseSummary, RecordedMessage, SchemaPointer, Sent, Side, Step,
    Target, Undecided, Verdict,
};

/// Texts that a careless writer would pass on.
pub(super) const HOSTILE: [&str; 10] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!-- <script> ]]> -->",
    "\0\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
    "حقل group id مطلوب.\u{202e}gnp.exe",
    "\"quotes\" 'single' `back` &amp; &#x27; \\",
    "\\ud800 \u{fffd} \u{fffe} \u{ffff} \u{1fffe}",
    "line\r\nfeed\rreturn\u{2028}separator\u{85}next",
    "${{ template }} {{css}} {{body}} {{{raw}}}",
    "𝕦𝕟𝕚𝕔𝕠𝕕𝕖 👩‍👩‍👧 e\u{301} \u{feff}bom",
];

pub(super) fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).expect("a pointer")
}

pub(super) fn place(file: &str, line: usize, column: usize, at: &str) -> Place {
    Place { file: file.into(), line, column, pointer: pointer(at) }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A finding that has every member.
pub(super) fn finding(check: &'static str, message: &str, expected: &str, actual: &str) -> Finding {
    Finding {
        check: CheckId::new(check),
        side: Side::Response,
        origin: Origin::Overlay,
        message: message.into(),
        expected: expected.into(),
        actual: actual.into(),
        instance: Some(InstancePointer(pointer("/error/fields/group_id/0"))),
        schema: Some(SchemaPointer(pointer("/components/schemas/error_validation_422/properties/status/enum"))),
        contract_place: Some(place("specs/salla.overlay.yaml", 31, 9, "/actions/4/update/properties/status/enum")),
        case_place: Some(place("cases/salla/add-customers.yaml", 12, 7, "/cases/1/expect")),
    }
}

fn message(body: &Value) -> RecordedMessage {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers = [("content-type", "application/json; charset=utf-8"), ("x-request-id", "7f3a-19c2")];
    RecordedMessage {
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body,
        base64: false,
        cut_from: None,
    }
}

/// One exchange of a step.
pub(super) fn sent(method: &str, url: &str, request: &Value, status: u16, response: &Value) -> Sent {
    let mut asked = message(request);
    asked.headers.push(("authorization".into(), "Bearer ***".into()));
    Sent {
        method: method.into(),
        url: url.into(),
        curl: format!(
            "curl -X {method} {url} -H 'content-type: application/json' -H 'authorization: Bearer ***' --data-raw '{request}'"
        ),
        request: asked,
        status: Some(status),
        response: Some(message(response)),
        elapsed_ms: 11.4,
    }
}

struct Vendor {
    name: &'static str,
    title: &'static str,
    operation: &'static str,
    path: &'static str,
    base: &'static str,
    statuses: &'static [&'static str],
    promises: &'static [(&'static str, &'static str, &'static str)],
    names: &'static [&'static str],
}

const VENDORS: [Vendor; 3] = [
    Vendor {
        name: "salla",
        title: "Add customers to group",
        operation: "post-customers-groups-add_customers",
        path: "/customers/groups/add_customers",
        base: "http://127.0.0.1:41873/admin/v2",
        statuses: &["200", "401", "422"],
        promises: &[
            ("add", "This endpoint allows you to add customers to a specific customer groups.", "schema"),
            ("group-id-integer", "integer", "schema"),
            ("customers-integers", "integer", "schema"),
            ("required-both", "حقل customers مطلوب.", "prose"),
            ("rejects-422", "alert.invalid_fields", "prose"),
            ("messages-arabic", "يجب أن يكون حقل group id عددًا صحيحًا", "prose"),
            ("scope-401", "The access token should have access to one of those scopes: customers.read_write", "prose"),
            ("status-mirrors-http", "Response status code", "prose"),
            (
                "success-flag",
                "Response flag, boolean indicator used to signal a particular condition or state in the response of a system or application",
                "prose",
            ),
            ("bearer", "bearer", "schema"),
        ],
        names: &[
            "adds two customers to a group",
            "an empty list of customers changes nothing",
            "a group id that is no integer is named in Arabic",
            "a missing group id is named in Arabic",
            "missing customers are named in Arabic",
            "an item that is no integer is keyed customers.0",
            "a token without the scope is refused",
            "a request without a token is refused",
        ],
    },
    Vendor {
        name: "mijnklantportaal",
        title: "MijnKlantportaal API",
        operation: "create-customer-group",
        path: "/customer-groups",
        base: "https://api.mijnklantportaal.nl/v1",
        statuses: &["201", "422"],
        promises: &[
            ("create", "Returning the created Customer Group", "schema"),
            ("name-required", "name", "schema"),
            ("customers-are-ids", "An array of Customer IDs which needs to be added to the Group.", "schema"),
            (
                "unknown-customers-ignored",
                "Please note that unknown or wrong Customer IDs are ignored, no error is returned.",
                "prose",
            ),
            ("id-prefix", "ID of the customer group, always starting with `cug_`.", "prose"),
            ("created-at-atom", "Date and time when the customer group was created, written in ATOM format.", "prose"),
            ("rejects-422", "Something is wrong with the posted data", "schema"),
            ("bearer", "bearer", "schema"),
        ],
        names: &[
            "creates a group with a name alone",
            "creates a group with customers",
            "unknown customers are ignored",
            "the id starts with cug_",
            "createdAt has an offset and no fraction",
            "a missing name is refused",
            "a name that is no string is refused",
        ],
    },
    Vendor {
        name: "bizkithub",
        title: "BizKitHub customer groups",
        operation: "POST /api/v1/customer/add-groups",
        path: "/api/v1/customer/add-groups",
        base: "http://127.0.0.1:41874",
        statuses: &["200"],
        promises: &[
            ("add-groups", "Adds one or more groups to a customer identified by email or cuRefNo", "schema"),
            ("api-key", "Key format: A 32-character string matching: ^(PROD|DEV_|ROOT)[A-Za-z0-9]{28}$", "schema"),
            ("identify", "at least one is required", "schema"),
            ("curefno-precedence", "cuRefNo takes precedence when both are supplied", "prose"),
            ("groups-slugified", "Non-slug input is normalised via toSlug.", "prose"),
            ("idempotent", "Idempotent — groups already assigned to the customer are silently skipped", "prose"),
        ],
        names: &[
            "adds a group by email",
            "adds a group by cuRefNo",
            "cuRefNo wins over email",
            "a group that is no slug is made one",
            "adding a group twice changes nothing",
            "neither email nor cuRefNo is refused",
        ],
    },
];

fn contract(vendor: &Vendor) -> ContractSummary {
    let document = format!("specs/{}.yaml", vendor.name);
    let promises = vendor.promises.iter().enumerate().map(|(index, (id, says, carried_by))| PromiseSummary {
        id: (*id).into(),
        says: (*says).into(),
        carried_by: (*carried_by).into(),
        place: Some(place(&document, 17 + index * 9, 7, "/paths")),
    });
    ContractSummary {
        name: vendor.name.into(),
        title: vendor.title.into(),
        overlay: Some(format!("specs/{}.overlay.yaml", vendor.name)),
        target: match vendor.name {
            "mijnklantportaal" => Target::Live { url: vendor.base.into() },
            "bizkithub" => Target::Recorded,
            _ => Target::Mock,
        },
        operations: vec![Operation {
            id: vendor.operation.into(),
            method: "POST".into(),
            path: vendor.path.into(),
            statuses: strings(vendor.statuses),
        }],
        promises: promises.collect(),
        document,
    }
}

fn answer(vendor: &Vendor, status: u16) -> Value {
    match (vendor.name, status) {
        ("salla", 200) => {
            json!({"status": 200, "success": true, "data": ["The customers has been added to group successfully"]})
        }
        ("salla", 401) => {
            json!({"status": 401, "success": false, "error": {"code": "Unauthorized", "message": "The access token should have access to one of those scopes: customers.read_write"}})
        }
        ("salla", _) => {
            json!({"status": 200, "success": false, "error": {"code": "error", "message": "alert.invalid_fields", "fields": {"group_id": ["حقل group id مطلوب."], "customers": ["حقل customers مطلوب."]}}})
        }
        ("mijnklantportaal", 201) => {
            json!({"id": "cug_f83ab90c", "name": "Gold 2025", "customers": ["cst_abc12345", "cst_def67890"], "createdAt": "2025-07-27T14:42:00+02:00"})
        }
        ("mijnklantportaal", _) => json!({"message": "The name field is required."}),
        _ => json!({"success": status == 200}),
    }
}

/// A run of `size` cases against three contracts: most are kept, and every other verdict occurs.
pub(super) fn run(size: usize) -> Vec<Event> {
    let mut cases: Vec<CaseResult> = (0..size).map(|index| case(index, size)).collect();
    cases.sort_by(|a, b| a.id.file.cmp(&b.id.file));
    let end = cases.iter().map(|case| case.started_ms + case.elapsed_ms).fold(0.0, f64::max);
    let mut events = vec![Event::RunStarted {
        format_version: FORMAT_VERSION.into(),
        countersign: "0.1.0".into(),
        started: "2025-11-21T09:30:00Z".into(),
        seed: 42,
        contracts: VENDORS.iter().map(contract).collect(),
        cases: size,
    }];
    events.extend(cases.into_iter().map(|case| Event::CaseFinished(Box::new(case))));
    events.push(Event::RunFinished { elapsed_ms: end + 4.0, stopped: None, exercised: Vec::new() });
    events
}

fn case(index: usize, size: usize) -> CaseResult {
    let vendor = &VENDORS[index % 3];
    let number = index / 3;
    let name = vendor.names[number % vendor.names.len()];
    let round = number / vendor.names.len();
    let suites = ["basics", "refusals", "edges", "load"];
    let file = format!("cases/{}/{}.yaml", vendor.name, suites[number % suites.len()]);
    let refused = ["refused", "missing", "no integer", "no string"].iter().any(|word| name.contains(word));
    let status = match (refused, vendor.name) {
        (false, "mijnklantportaal") => 201,
        (false, _) => 200,
        (true, "bizkithub") => 404,
        (true, "salla") if name.contains("token") => 401,
        (true, _) => 422,
    };
    let mut steps = vec![step(vendor, status, index)];
    let verdict = outcome(index, &mut steps);
    let noise = f64::from(u32::try_from(index * 7919 % 97).expect("small"));
    let spacing = 1200.0 / f64::from(u32::try_from(size.max(1)).expect("small"));
    CaseResult {
        id: CaseId {
            name: if round == 0 { name.into() } else { format!("{name} ({round})") },
            row: (round > 0).then_some(round),
            file: file.clone(),
        },
        contract: vendor.name.into(),
        place: place(&file, 8 + number, 5, "/cases/0"),
        operations: vec![vendor.operation.into()],
        tags: strings(if refused { &["negative"] } else { &["smoke", "positive"] }),
        proves: vec![vendor.promises[number % (vendor.promises.len() - 1)].0.into()],
        earlier: if index == 16 { vec![Verdict::Failed { error: "the connection was closed".into() }] } else { vec![] },
        attempts: if index == 16 { 2 } else { 1 },
        verdict,
        elapsed_ms: 6.0 + noise * noise / 60.0,
        started_ms: f64::from(u32::try_from(index).expect("small")) * spacing,
        steps,
    }
}

fn step(vendor: &Vendor, status: u16, index: usize) -> Step {
    let request = match vendor.name {
        "salla" => json!({"group_id": 667_738_032, "customers": [447_121_768, 1_761_729_493]}),
        "mijnklantportaal" => json!({"name": "Gold 2025", "customers": ["cst_abc12345"]}),
        _ => json!({"email": "jan@example.com", "groups": ["VIP zákazník"]}),
    };
    let url = format!("{}{}", vendor.base, vendor.path);
    Step {
        name: None,
        operation: Some(vendor.operation.into()),
        sent: Some(sent("POST", &url, &request, status, &answer(vendor, status))),
        findings: vec![],
        request_findings: if status == 422 {
            vec![Finding {
                side: Side::Request,
                origin: Origin::Document,
                case_place: None,
                ..finding("request-body", "`group_id` is missing", "an object with `group_id`", "an object without it")
            }]
        } else {
            vec![]
        },
        undecided: vec![],
        captures: if index.is_multiple_of(5) {
            [("group".to_owned(), json!("cug_f83ab90c"))].into()
        } else {
            [].into()
        },
        error: None,
    }
}

/// Breaks a case's steps: by the overlay and the case, in a second step, by an undocumented status.
fn broken(kind: usize, steps: &mut Vec<Step>) -> Verdict {
    match kind {
        9 => {
            let findings = vec![
                finding("response-body", "`status` is 200 and must be 422, the status of the response", "422", "200"),
                Finding {
                    origin: Origin::Case,
                    contract_place: None,
                    schema: None,
                    ..finding(
                        "expect-body",
                        "the message for `group_id` is another",
                        "\"يجب أن يكون حقل group id عددًا صحيحًا\"",
                        "\"حقل group id مطلوب.\"",
                    )
                },
            ];
            steps[0].findings.clone_from(&findings);
            Verdict::Broken { findings }
        }
        13 => {
            let second = Step { name: Some("ask again".into()), ..steps[0].clone() };
            steps[0].name = Some("create".into());
            steps.push(second);
            let wrong = Finding {
                instance: Some(InstancePointer(pointer("/createdAt"))),
                contract_place: Some(place("specs/mijnklantportaal.overlay.yaml", 44, 11, "/actions/2")),
                ..finding(
                    "response-body",
                    "`createdAt` is not in ATOM format",
                    "a match of ^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[+-]\\d{2}:\\d{2}$",
                    "\"2025-07-27T12:42:00.000Z\"",
                )
            };
            steps[1].findings.push(wrong.clone());
            Verdict::Broken { findings: vec![wrong] }
        }
        _ => {
            let wrong = Finding {
                origin: Origin::Document,
                instance: None,
                case_place: None,
                ..finding(
                    "documented-status",
                    "404 is not documented for `POST /api/v1/customer/add-groups`",
                    "200",
                    "404",
                )
            };
            steps[0].findings.push(wrong.clone());
            Verdict::Broken { findings: vec![wrong] }
        }
    }
}

/// Gives a few cases a verdict other than kept, the same ones whatever the size.
fn outcome(index: usize, steps: &mut Vec<Step>) -> Verdict {
    match index % 130 {
        9 | 13 | 17 => broken(index % 130, steps),
        21 => {
            let reasons = vec![Undecided {
                check: CheckId::new("response-body"),
                reason: "the media type text/vnd.salla cannot be read".into(),
            }];
            steps[0].undecided.clone_from(&reasons);
            Verdict::Undecided { reasons }
        }
        25 => {
            steps.clear();
            Verdict::Skipped { reason: "only against the live API".into() }
        }
        31 => {
            let error = "no answer from https://api.mijnklantportaal.nl/v1 within 10 s".to_owned();
            if let Some(sent) = &mut steps[0].sent {
                (sent.status, sent.response) = (None, None);
            }
            steps[0].error = Some(error.clone());
            Verdict::Failed { error }
        }
        _ => Verdict::Kept,
    }
}

/// A run in which every text is hostile, every member is there and one body has a megabyte.
pub(super) fn hostile() -> Vec<Event> {
    let mut events = run(34);
    for (index, event) in events.iter_mut().enumerate() {
        let text = |offset: usize| HOSTILE[(index + offset) % HOSTILE.len()].to_owned();
        match event {
            Event::RunStarted { countersign, contracts, .. } => {
                *countersign = text(0);
                for (index, contract) in contracts.iter_mut().enumerate() {
                    contract.title = HOSTILE.concat();
                    contract.document = HOSTILE.concat();
                    contract.overlay = Some(HOSTILE.concat());
                    let url = format!("https://{}", HOSTILE.concat());
                    contract.target = match index {
                        0 => Target::Compared { old: url.clone(), new: url },
                        _ => Target::Live { url },
                    };
                    contract.operations[0].path = HOSTILE.concat();
                    contract.operations[0].statuses.push(HOSTILE.concat());
                    contract.promises[0].says = HOSTILE.concat();
                    contract.promises[1].id = HOSTILE.concat();
                    contract.promises[1].carried_by = HOSTILE.concat();
                }
            }
            Event::CaseFinished(case) => poison(case, &text),
            Event::RunFinished { stopped, exercised, .. } => {
                *stopped = Some(HOSTILE.concat());
                exercised.push(exercise());
            }
        }
    }
    events
}

fn exercise() -> ContractCoverage {
    let item = |kind, seen, rejected| CoverageItem {
        kind,
        group: format!("GET {}", HOSTILE.concat()),
        name: HOSTILE.concat(),
        request: true,
        seen,
        rejected,
    };
    let items = vec![
        item(CoverageKind::Operation, 3, 1),
        item(CoverageKind::Parameter, 1, 1),
        item(CoverageKind::EnumValue, 0, 0),
    ];
    ContractCoverage::new(HOSTILE.concat(), items, 2)
}

fn poison(case: &mut CaseResult, text: &dyn Fn(usize) -> String) {
    case.id.name = format!("{} {}", case.id.name, text(0));
    case.id.row = Some(7);
    case.id.file = format!("cases/{}.yaml", text(1));
    case.tags.push(text(2));
    case.place.file = text(3);
    case.earlier.push(Verdict::Skipped { reason: text(4) });
    for step in &mut case.steps {
        step.name = Some(text(5));
        step.captures.insert(text(6), json!({text(7): [text(8), 1.0, null]}));
        step.error = Some(text(9));
        step.undecided.push(Undecided { check: CheckId::new("response-body"), reason: text(0) });
        for finding in step.findings.iter_mut().chain(&mut step.request_findings) {
            finding.message = text(1);
            finding.expected = text(2);
            finding.actual = "x".repeat(1_000_000);
            finding.instance = Some(InstancePointer(Pointer::root().join(&text(3))));
        }
        if let Some(sent) = &mut step.sent {
            sent.url = format!("http://h/{}", text(4));
            sent.curl = format!("curl {}", HOSTILE.concat());
            sent.request.headers.push((text(5), text(6)));
            sent.request.base64 = true;
            sent.request.cut_from = Some(9);
            if let Some(response) = &mut sent.response {
                response.body = json!({"text": HOSTILE.concat()}).to_string();
            }
        }
    }
    match &mut case.verdict {
        Verdict::Kept => {}
        Verdict::Broken { findings } => {
            if let Some(response) = case.steps[0].sent.as_mut().and_then(|sent| sent.response.as_mut()) {
                response.body = format!("[\"{}\"]", "حقل ".repeat(1_000_000 / 7));
            }
            for finding in findings {
                finding.message = HOSTILE.concat();
                finding.actual = HOSTILE.concat();
            }
        }
        Verdict::Undecided { reasons } => reasons[0].reason = HOSTILE.concat(),
        Verdict::Skipped { reason } => *reason = HOSTILE.concat(),
        Verdict::Failed { error } => *error = HOSTILE.concat(),
    }
}
