use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Everything a value of this schema is written as is read back as that value.
fn round_trip(parameter: &Parameter, schema: &Value, value: &Value) {
    let text = parameter.serialise(value);
    let shape = Shape::of(schema, &json!({}));
    let pairs = match parameter.location {
        Location::Query => query_pairs(&text),
        Location::Cookie => cookie_pairs(&text),
        Location::Path | Location::Header => Vec::new(),
    };
    let raw = match parameter.location {
        Location::Query | Location::Cookie => Raw::Pairs(&pairs),
        Location::Path | Location::Header => Raw::Text(Some(&text)),
    };
    let read = parameter.deserialise(&raw, &shape).transpose();
    assert_eq!(read, Ok(Some(value.clone())), "{:?} explode {} `{text}`", parameter.style, parameter.explode);
}

/// All combinations of place, style and explode that OpenAPI knows for lists and objects.
fn ways(name: &str) -> Vec<Parameter> {
    use ParameterStyle::{DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited};
    let styles = [
        (Location::Path, [Simple, Label, Matrix].as_slice()),
        (Location::Header, &[Simple]),
        (Location::Query, &[Form, SpaceDelimited, PipeDelimited, DeepObject]),
        (Location::Cookie, &[Form]),
    ];
    let mut all = Vec::new();
    for (location, styles) in styles {
        for style in styles {
            for explode in [false, true] {
                all.push(Parameter { style: *style, explode, ..Parameter::plain(name, location) });
            }
        }
    }
    all
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}", "[ -~äé€]{1,8}"]
        .prop_filter("a form for it", |text| text.trim() == text && !text.is_empty())
}

/// The delimiters of these have no other form (OpenAPI, appendix E).
fn fits(parameter: &Parameter, texts: &[&String]) -> bool {
    let clashes: &[char] = match (parameter.location, parameter.style) {
        (Location::Header, _) => &[',', '='],
        (_, ParameterStyle::SpaceDelimited) => &[' '],
        (_, ParameterStyle::PipeDelimited) => &['|'],
        _ => &[],
    };
    texts.iter().all(|text| !text.contains(clashes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_of_texts_come_back(items in prop::collection::vec(text(), 1..5)) {
        let schema = json!({"type": "array", "items": {"type": "string"}});
        for parameter in ways("a b").iter().filter(|parameter| fits(parameter, &items.iter().collect::<Vec<_>>())) {
            round_trip(parameter, &schema, &json!(items));
        }
    }

    #[test]
    fn objects_come_back(number in any::<i32>(), flag in any::<bool>(), words in text()) {
        let schema = json!({"type": "object", "properties": {
            "n": {"type": "integer"}, "f": {"type": "boolean"}, "t": {"type": "string"}}});
        let value = json!({"n": number, "f": flag, "t": words});
        for parameter in ways("p").iter().filter(|parameter| fits(parameter, &[&words])) {
            round_trip(parameter, &schema, &value);
        }
    }

    #[test]
    fn scalars_come_back(number in any::<i64>(), words in text()) {
        for parameter in ways("p") {
            if matches!(parameter.style, ParameterStyle::DeepObject) {
                continue;
            }
            round_trip(&parameter, &json!({"type": "integer"}), &json!(number));
            round_trip(&parameter, &json!({"type": "boolean"}), &json!(number > 0));
            round_trip(&parameter, &json!({"type": "string"}), &json!(words));
        }
    }

    #[test]
    fn readers_never_panic(text in "\\PC{0,40}", explode in any::<bool>()) {
        let shapes = [json!({}), json!({"type": "array"}), json!({"type": "object"}), json!({"type": "integer"})];
        for mut parameter in ways("p") {
            parameter.explode = explode;
            for shape in &shapes {
                let shape = Shape::of(shape, &json!({}));
                let _ = parameter.deserialise(&Raw::Text(Some(&text)), &shape);
                let _ = parameter.deserialise(&Raw::Pairs(&query_pairs(&text)), &shape);
            }
        }
    }
}

#[test]
fn deep_objects_nest() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "array", "items": {"type": "integer"}}}}}});
    let parameter = Parameter { style: ParameterStyle::DeepObject, ..Parameter::plain("p", Location::Query) };
    round_trip(&parameter, &schema, &json!({"a": {"b": [1, 2]}}));
    let shape = Shape::of(&schema, &json!({}));
    let pairs = query_pairs("p[a][b][]=1&p[a][b][]=2&other=3");
    let read = parameter.deserialise(&Raw::Pairs(&pairs), &shape);
    assert_eq!(read, Some(Ok(json!({"a": {"b": [1, 2]}}))));
    assert!(matches!(parameter.deserialise(&Raw::Pairs(&query_pairs("p[a=1")), &shape), Some(Err(_))));
}

#[test]
fn forms_in_the_wild_are_read() {
    use ParameterStyle::{Form, PipeDelimited, SpaceDelimited};
    let list = Shape::of(&json!({"type": "array", "items": {"type": "integer"}}), &json!({}));
    let text = Shape::of(&json!({"type": "string"}), &json!({}));
    let query = |style, explode, text: &str, shape: &Shape| {
        let parameter = Parameter { style, explode, ..Parameter::plain("p", Location::Query) };
        parameter.deserialise(&Raw::Pairs(&query_pairs(text)), shape)
    };
    for (style, explode, sent, shape, expected) in [
        (Form, true, "p=1&x=2&p=3", &list, Some(Ok(json!([1, 3])))),
        (Form, false, "p=1,2", &list, Some(Ok(json!([1, 2])))),
        (Form, false, "p=1%2C2", &text, Some(Ok(json!("1,2")))),
        (Form, false, "p=1&p=2", &list, Some(Err("it stands 2 times; its items belong into one".to_owned()))),
        (PipeDelimited, false, "p=1|2", &list, Some(Ok(json!([1, 2])))),
        (SpaceDelimited, false, "p=1+2", &list, Some(Ok(json!([1, 2])))),
        (Form, true, "p=a+b%20c", &text, Some(Ok(json!("a b c")))),
        (Form, true, "p=%FF", &text, Some(Err("its percent-encoding is no UTF-8".to_owned()))),
        (Form, true, "p", &text, Some(Ok(json!("")))),
        (Form, true, "q=1", &text, None),
    ] {
        assert_eq!(query(style, explode, sent, shape), expected, "{sent}");
    }
}
