//! When each case ran and how long it took, as one plot.

use super::page::Page;
use super::{anchor, mark};
use crate::report::text::{count, duration, finite, suite};
use crate::verdict::{CaseResult, Summary};

/// The plot's height in CSS pixels.
const HEIGHT: f64 = 220.0;
/// Beyond this many cases the lines are thin.
const MANY: usize = 300;
/// How many of the slowest cases are named.
const SLOWEST: usize = 5;

/// The scales: time since the start from left to right, how long a case took (logarithmic) upwards.
struct Scales {
    end: f64,
    low: f64,
    high: f64,
}

impl Scales {
    fn of(cases: &[CaseResult]) -> Self {
        let ends = cases.iter().map(|case| finite(case.started_ms) + finite(case.elapsed_ms));
        let took = || cases.iter().map(|case| finite(case.elapsed_ms)).filter(|ms| *ms > 0.0);
        let (low, high) = (took().fold(f64::INFINITY, f64::min), took().fold(0.0, f64::max));
        let low = finite(low).max(0.1).log10().floor();
        Self { end: ends.fold(1.0, f64::max), low, high: finite(high).max(0.1).log10().ceil().max(low + 1.0) }
    }

    /// Percent of the width.
    fn x(&self, ms: f64) -> f64 {
        (finite(ms) / self.end * 100.0).min(100.0)
    }

    fn y(&self, ms: f64) -> f64 {
        let up = (finite(ms).max(f64::MIN_POSITIVE).log10() - self.low) / (self.high - self.low);
        HEIGHT * (1.0 - up.clamp(0.0, 1.0))
    }

    /// Round times along the width, the first 0.
    fn ticks(&self) -> Vec<f64> {
        let raw = self.end / 5.0;
        let decade = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].iter().map(|times| times * decade).find(|step| *step >= raw);
        let step = step.unwrap_or(raw);
        (0..6_u8).map(|index| f64::from(index) * step).take_while(|tick| *tick <= self.end).collect()
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low, self.high);
        (0..12_u8).map(move |up| low + f64::from(up)).take_while(move |decade| *decade <= high)
    }
}

pub(super) fn write(page: &mut Page, summary: &Summary) {
    if summary.cases.is_empty() {
        return;
    }
    page.raw("<section class=\"timing\" aria-labelledby=\"timing\"><h2 id=\"timing\">Timing</h2>\n");
    page.raw("<figure><figcaption>Each line is a case: from where it started to where it ended, at the height of how long it took. ");
    page.text(&count(summary.cases.len(), "case", "cases")).raw(", median ").text(&duration(median(&summary.cases)));
    page.raw(".</figcaption>\n<div class=\"plot\">");
    let scales = Scales::of(&summary.cases);
    vertical(page, &scales);
    plot(page, summary, &scales);
    page.raw("</div>\n</figure>\n");
    slowest(page, summary);
    page.raw("</section>\n");
}

fn median(cases: &[CaseResult]) -> f64 {
    let mut times: Vec<f64> = cases.iter().map(|case| finite(case.elapsed_ms)).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

fn vertical(page: &mut Page, scales: &Scales) {
    page.raw("<svg class=\"axis\" width=\"56\" height=\"262\" aria-hidden=\"true\">");
    for decade in scales.decades() {
        let ms = 10_f64.powf(decade);
        page.raw("<text x=\"50\" text-anchor=\"end\"").coordinate("y", scales.y(ms) + 14.0).raw(">");
        page.text(&tick(ms)).raw("</text>");
    }
    page.raw("<text class=\"title\" x=\"50\" y=\"256\" text-anchor=\"end\">took</text></svg>");
}

fn plot(page: &mut Page, summary: &Summary, scales: &Scales) {
    let many = if summary.cases.len() > MANY { "field many" } else { "field" };
    page.raw("<svg").attribute("class", many);
    page.raw(" width=\"100%\" height=\"262\" role=\"img\" aria-label=\"When each case started and how long it took\">");
    for decade in scales.decades() {
        let y = scales.y(10_f64.powf(decade)) + 10.0;
        page.raw("<line class=\"grid\" x1=\"0\" x2=\"100%\"").coordinate("y1", y).coordinate("y2", y).raw("/>");
    }
    for at in scales.ticks() {
        let x = format!("{:.2}%", scales.x(at));
        page.raw("<line class=\"grid\" y1=\"10\" y2=\"230\"").attribute("x1", &x).attribute("x2", &x).raw("/>");
        let side = match scales.x(at) {
            x if x < 4.0 => "start",
            x if x > 96.0 => "end",
            _ => "middle",
        };
        page.raw("<text y=\"246\"").attribute("x", &x).attribute("text-anchor", side).raw(">");
        page.text(&tick(at)).raw("</text>");
    }
    page.raw("<text class=\"title\" x=\"100%\" y=\"260\" text-anchor=\"end\">since the start of the run</text>");
    // What is not kept is drawn last, so that nothing hides it.
    let mut order: Vec<usize> = (0..summary.cases.len()).collect();
    order.sort_by_key(|index| mark(&summary.cases[*index]).1 != "kept");
    for index in order {
        line(page, index, &summary.cases[index], scales);
    }
    page.raw("</svg>");
}

fn line(page: &mut Page, index: usize, case: &CaseResult, scales: &Scales) {
    let (sign, word) = mark(case);
    let (from, y) = (scales.x(case.started_ms), scales.y(case.elapsed_ms) + 10.0);
    let to = scales.x(finite(case.started_ms) + finite(case.elapsed_ms));
    let tip = format!("{} {} › {}, {}", word, suite(&case.id.file), case.id.name, duration(case.elapsed_ms));
    page.raw("<a tabindex=\"-1\"").attribute("href", &format!("#{}", anchor(index))).attribute("class", word).raw(">");
    page.raw("<title>").text(&tip).raw("</title><line");
    page.attribute("x1", &format!("{from:.2}%")).attribute("x2", &format!("{to:.2}%"));
    page.coordinate("y1", y).coordinate("y2", y).raw("/>");
    if word != "kept" {
        page.raw("<text dx=\"-5\" text-anchor=\"end\"").attribute("x", &format!("{from:.2}%")).coordinate("y", y + 4.0);
        page.raw(">").text(sign).raw("</text>");
    }
    page.raw("</a>");
}

/// A round time: `100 ms`, `2 s`.
fn tick(ms: f64) -> String {
    if ms >= 1000.0 { format!("{} s", ms / 1000.0) } else { format!("{} ms", (ms * 10.0).round() / 10.0) }
}

fn slowest(page: &mut Page, summary: &Summary) {
    if summary.cases.len() <= SLOWEST {
        return;
    }
    let mut order: Vec<usize> = (0..summary.cases.len()).collect();
    order.sort_by(|a, b| finite(summary.cases[*b].elapsed_ms).total_cmp(&finite(summary.cases[*a].elapsed_ms)));
    let longest = finite(summary.cases[order[0]].elapsed_ms).max(1.0);
    page.raw("<h3>Slowest</h3>\n<ol class=\"slowest\">");
    for index in order.into_iter().take(SLOWEST) {
        let case = &summary.cases[index];
        let width = finite(case.elapsed_ms) / longest * 100.0;
        page.raw("<li><span class=\"time\">").text(&duration(case.elapsed_ms));
        page.raw("</span> <svg width=\"72\" height=\"8\" aria-hidden=\"true\"><rect height=\"8\" rx=\"1\"");
        page.attribute("width", &format!("{width:.1}%")).raw("/></svg> <span><a");
        page.attribute("href", &format!("#{}", anchor(index)))
            .raw(">")
            .bdi(&case.id.name)
            .raw("</a> <span class=\"where\">");
        page.bdi(suite(&case.id.file)).raw("</span></span></li>");
    }
    page.raw("</ol>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for (end, expected) in [
            (1.0, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0][..]),
            (1203.0, &[0.0, 500.0, 1000.0]),
            (99_000.0, &[0.0, 20_000.0, 40_000.0, 60_000.0, 80_000.0]),
        ] {
            let ticks = Scales { end, low: 0.0, high: 1.0 }.ticks();
            let rounded: Vec<f64> = ticks.iter().map(|tick| (tick * 10.0).round() / 10.0).collect();
            assert_eq!(rounded, expected, "{end}");
        }
        assert_eq!((tick(0.1).as_str(), tick(100.0).as_str(), tick(2000.0).as_str()), ("0.1 ms", "100 ms", "2 s"));
    }

    #[test]
    fn times_that_are_none_stay_in_the_plot() {
        let mut cases = Vec::new();
        for event in crate::report::fixture::run(6) {
            if let crate::verdict::Event::CaseFinished(case) = event {
                cases.push(*case);
            }
        }
        for (case, odd) in cases.iter_mut().zip([f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, 1e-300]) {
            (case.elapsed_ms, case.started_ms) = (odd, odd);
        }
        let scales = Scales::of(&cases);
        for case in &cases {
            assert!((0.0..=100.0).contains(&scales.x(case.started_ms)));
            assert!((0.0..=HEIGHT).contains(&scales.y(case.elapsed_ms)));
        }
        assert!(scales.ticks().len() <= 6);
    }
}
