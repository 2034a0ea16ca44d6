//! Counts in the text format of Prometheus (exposition format 0.0.4).

use std::fmt::Write as _;

use super::super::journal::{BOUNDS, Past};

/// What is said besides what the journal counts.
pub(super) struct Gauges {
    pub(super) connections: usize,
    pub(super) uptime: std::time::Duration,
}

/// The metrics page.
pub(super) fn metrics(past: &Past, gauges: &Gauges) -> String {
    let mut out = String::new();
    let head = |name: &str, kind: &str, help: &str| format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    out.push_str(&head(
        "countersign_exchanges_total",
        "counter",
        "Exchanges by contract, operation, status and verdict.",
    ));
    let mut contracts: Vec<_> = past.counts.iter().collect();
    contracts.sort_by_key(|(name, _)| name.as_str());
    for (contract, counts) in contracts {
        let mut operations: Vec<_> = counts.operations.iter().collect();
        operations.sort_by_key(|(name, _)| name.as_str());
        for (operation, counts) in operations {
            for count in counts {
                let _ = writeln!(
                    out,
                    "countersign_exchanges_total{{contract=\"{}\",operation=\"{}\",status=\"{}\",verdict=\"{}\"}} {}",
                    label(contract),
                    label(operation),
                    count.status,
                    count.verdict,
                    count.exchanges
                );
            }
        }
    }
    out.push_str(&head("countersign_findings_total", "counter", "Findings in what clients sent, by check."));
    let mut findings: Vec<_> = past.findings.iter().collect();
    findings.sort_by_key(|(check, _)| check.as_str());
    for (check, count) in findings {
        let _ = writeln!(out, "countersign_findings_total{{check=\"{}\"}} {count}", label(check.as_str()));
    }
    out.push_str(&head("countersign_answer_seconds", "histogram", "From a whole request to its response."));
    let mut below = 0;
    for (bound, count) in BOUNDS.iter().zip(past.times.buckets) {
        below += count;
        let seconds = std::time::Duration::from_micros(*bound).as_secs_f64();
        let _ = writeln!(out, "countersign_answer_seconds_bucket{{le=\"{seconds}\"}} {below}");
    }
    let _ = writeln!(out, "countersign_answer_seconds_bucket{{le=\"+Inf\"}} {}", past.times.count);
    let _ = writeln!(out, "countersign_answer_seconds_sum {}", past.times.sum.as_secs_f64());
    let _ = writeln!(out, "countersign_answer_seconds_count {}", past.times.count);
    out.push_str(&head("countersign_connections", "gauge", "Open connections."));
    let _ = writeln!(out, "countersign_connections {}", gauges.connections);
    out.push_str(&head("countersign_uptime_seconds", "gauge", "Since the server started."));
    let _ = writeln!(out, "countersign_uptime_seconds {}", gauges.uptime.as_secs());
    out
}

/// A label's value, escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
