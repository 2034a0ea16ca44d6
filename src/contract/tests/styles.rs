//! The tables of the specification: OpenAPI 3.0.4 and 3.1.1, Parameter Object, "Style Examples" (those
//! of 3.0.3 differ in `label` without `explode` alone, which 3.0.4 corrected), and RFC 6570.

use serde_json::json;

use super::*;

const COLOUR: &str = "color";

fn parameter(location: Location, style: ParameterStyle, explode: bool) -> Parameter {
    Parameter { style, explode, ..Parameter::plain(COLOUR, location) }
}

fn read(parameter: &Parameter, sent: &str, schema: &Value) -> Option<Result<Value, String>> {
    let shape = Shape::of(schema, &json!({}));
    match parameter.location {
        Location::Query => parameter.deserialise(&Raw::Pairs(&query_pairs(sent)), &shape),
        Location::Cookie => parameter.deserialise(&Raw::Pairs(&cookie_pairs(sent)), &shape),
        Location::Path | Location::Header => parameter.deserialise(&Raw::Text(Some(sent)), &shape),
    }
}

/// The values of the tables and their schemas.
fn values() -> [(Value, Value); 4] {
    let channels = json!({"R": {"type": "integer"}, "G": {"type": "integer"}, "B": {"type": "integer"}});
    [
        (json!(""), json!({"type": "string"})),
        (json!("blue"), json!({"type": "string"})),
        (json!(["blue", "black", "brown"]), json!({"type": "array", "items": {"type": "string"}})),
        (json!({"R": 100, "G": 200, "B": 150}), json!({"type": "object", "properties": channels})),
    ]
}

#[test]
fn the_style_table_both_ways() {
    use Location::{Cookie, Header, Path, Query};
    use ParameterStyle::{DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited};
    const NONE: &str = "n/a";
    let spaced = ["color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"];
    let piped = ["color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"];
    let rows = [
        (Path, Matrix, false, [";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"]),
        (Path, Matrix, true, [";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"]),
        (Path, Label, false, [".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"]),
        (Path, Label, true, [".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"]),
        (Path, Simple, false, ["", "blue", "blue,black,brown", "R,100,G,200,B,150"]),
        (Path, Simple, true, ["", "blue", "blue,black,brown", "R=100,G=200,B=150"]),
        (Header, Simple, false, ["", "blue", "blue,black,brown", "R,100,G,200,B,150"]),
        (Header, Simple, true, ["", "blue", "blue,black,brown", "R=100,G=200,B=150"]),
        (Query, Form, false, ["color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        (Query, Form, true, ["color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"]),
        (Cookie, Form, false, ["color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        // With `;` between them, as a `Cookie` field has it and as style `cookie` of 3.2 says.
        (Cookie, Form, true, ["color=", "color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"]),
        (Query, SpaceDelimited, false, [NONE, NONE, spaced[0], spaced[1]]),
        (Query, PipeDelimited, false, [NONE, NONE, piped[0], piped[1]]),
        (Query, DeepObject, true, [NONE, NONE, NONE, "color[R]=100&color[G]=200&color[B]=150"]),
    ];
    for (location, style, explode, texts) in rows {
        let parameter = parameter(location, style, explode);
        for ((value, schema), text) in values().iter().zip(texts).filter(|(_, text)| *text != NONE) {
            assert_eq!(parameter.serialise(value), text, "{location:?} {style:?} {explode} {value}");
            assert_eq!(
                read(&parameter, text, schema),
                Some(Ok(value.clone())),
                "{location:?} {style:?} {explode} {text:?}"
            );
        }
    }
}

#[test]
fn delimiters_are_read_plain_and_encoded() {
    use ParameterStyle::{DeepObject, Form, PipeDelimited, SpaceDelimited};
    let [_, _, (list, list_schema), (object, object_schema)] = values();
    for (style, explode, sent, value, schema) in [
        (PipeDelimited, false, "color=blue|black|brown", &list, &list_schema),
        (PipeDelimited, false, "color=blue%7cblack%7cbrown", &list, &list_schema),
        (PipeDelimited, true, "color=blue&color=black&color=brown", &list, &list_schema),
        (PipeDelimited, false, "color=R|100|G|200|B|150", &object, &object_schema),
        (SpaceDelimited, false, "color=blue+black+brown", &list, &list_schema),
        (SpaceDelimited, true, "color=blue&color=black&color=brown", &list, &list_schema),
        (Form, false, "color=blue%2Cblack%2Cbrown", &json!(["blue,black,brown"]), &list_schema),
        (DeepObject, true, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150", &object, &object_schema),
        (DeepObject, false, "color[R]=100&color[G]=200&color[B]=150", &object, &object_schema),
    ] {
        let parameter = parameter(Location::Query, style, explode);
        assert_eq!(read(&parameter, sent, schema), Some(Ok(value.clone())), "{sent}");
    }
}

/// What is undefined is left out (RFC 6570, section 2.3), and so is a list or object of nothing.
#[test]
fn empty_lists_and_objects() {
    use Location::{Cookie, Header, Path, Query};
    use ParameterStyle::{DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited};
    for (location, style, expected) in [
        (Path, Simple, ""),
        (Path, Label, "."),
        (Path, Matrix, ";color"),
        (Header, Simple, ""),
        (Query, Form, ""),
        (Query, SpaceDelimited, ""),
        (Query, PipeDelimited, ""),
        (Query, DeepObject, ""),
        (Cookie, Form, ""),
    ] {
        for explode in [false, true] {
            for value in [json!([]), json!({})] {
                let text = parameter(location, style, explode).serialise(&value);
                assert_eq!(text, expected, "{location:?} {style:?} {explode} {value}");
            }
        }
    }
    let numbers = json!({"type": "array", "items": {"type": "integer"}});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let object = json!({"type": "object"});
    for (location, style, explode, sent, schema, expected) in [
        (Query, Form, true, "color=", &numbers, json!([])),
        (Query, Form, false, "color=", &numbers, json!([])),
        (Query, Form, true, "color=", &texts, json!([""])),
        (Query, Form, false, "color=", &texts, json!([])),
        (Query, Form, true, "color=&color=", &texts, json!(["", ""])),
        (Query, Form, false, "color=a,,b", &texts, json!(["a", "", "b"])),
        (Query, PipeDelimited, false, "color=", &texts, json!([])),
        (Header, Simple, false, "", &texts, json!([])),
        (Path, Label, false, ".", &texts, json!([])),
        (Path, Matrix, false, ";color", &texts, json!([])),
        (Path, Label, true, ".", &object, json!({})),
        (Path, Matrix, false, ";color", &object, json!({})),
        (Path, Matrix, false, ";color=", &object, json!({})),
    ] {
        let parameter = parameter(location, style, explode);
        assert_eq!(read(&parameter, sent, schema), Some(Ok(expected)), "{style:?} {explode} {sent:?}");
    }
}

#[test]
fn scalars_of_every_type() {
    for (schema, sent, expected) in [
        (json!({"type": "integer"}), "7", json!(7)),
        (json!({"type": "integer"}), "7.0", json!(7.0)),
        (json!({"type": "integer"}), "x", json!("x")),
        (json!({"type": "number"}), "-1.5e3", json!(-1500.0)),
        (json!({"type": "boolean"}), "false", json!(false)),
        (json!({"type": "boolean"}), "0", json!("0")),
        (json!({"type": "string"}), "7", json!("7")),
        (json!({"type": "string"}), "true", json!("true")),
        (json!({"type": ["integer", "null"]}), "null", json!(null)),
        (json!({"type": ["string", "null"]}), "", json!("")),
        (json!({"oneOf": [{"type": "integer"}, {"enum": ["all"]}]}), "7", json!(7)),
        (json!({"oneOf": [{"type": "integer"}, {"enum": ["all"]}]}), "all", json!("all")),
    ] {
        for location in [Location::Path, Location::Query, Location::Header, Location::Cookie] {
            let parameter = Parameter::plain(COLOUR, location);
            let named = matches!(location, Location::Query | Location::Cookie);
            let sent = if named { format!("{COLOUR}={sent}") } else { sent.to_owned() };
            assert_eq!(read(&parameter, &sent, &schema), Some(Ok(expected.clone())), "{location:?} {schema} {sent}");
        }
    }
}

#[test]
fn reserved_characters_stay_where_they_may() {
    let values = [json!("a/b?c"), json!(["a/b", "c,d", "e&f"]), json!({"k": "a/b,c#d"})];
    for (reserved, explode, expected) in [
        (false, true, ["color=a%2Fb%3Fc", "color=a%2Fb&color=c%2Cd&color=e%26f", "k=a%2Fb%2Cc%23d"]),
        (false, false, ["color=a%2Fb%3Fc", "color=a%2Fb,c%2Cd,e%26f", "color=k,a%2Fb%2Cc%23d"]),
        (true, true, ["color=a/b?c", "color=a/b&color=c,d&color=e%26f", "k=a/b,c%23d"]),
        // What stands between the items must not stand within one.
        (true, false, ["color=a/b?c", "color=a/b,c%2Cd,e%26f", "color=k,a/b%2Cc%23d"]),
    ] {
        let parameter =
            Parameter { allow_reserved: reserved, ..parameter(Location::Query, ParameterStyle::Form, explode) };
        for (value, expected) in values.iter().zip(expected) {
            assert_eq!(parameter.serialise(value), expected, "{reserved} {explode} {value}");
        }
    }
}

#[test]
fn values_with_a_media_type_of_their_own() {
    let document = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a/{p}:
    parameters:
      - {name: p, in: path, required: true, content: {application/json: {schema: {type: object}}}}
      - {name: q, in: query, content: {application/json: {schema: {type: object}}}}
      - {name: H, in: header, content: {application/json: {schema: {type: array}}}}
      - {name: c, in: cookie, content: {application/json: {schema: {type: array}}}}
      - {name: t, in: query, content: {text/plain: {schema: {type: string}}}}
    get: {responses: {'200': {description: ok}}}
";
    let contract = load(document);
    let value = json!({"a": [1, "b c"]});
    let encoded = "%7B%22a%22%3A%5B1%2C%22b%20c%22%5D%7D";
    for (name, value, text) in [
        ("p", &value, encoded.to_owned()),
        ("q", &value, format!("q={encoded}")),
        ("H", &value, value.to_string()),
        ("c", &value, format!("c={encoded}")),
        ("t", &json!("a&b"), "t=a%26b".to_owned()),
    ] {
        let parameter = contract.operations()[0].parameters().iter().find(|known| known.name == name).expect(name);
        assert_eq!(parameter.serialise(value), text, "{name}");
        assert_eq!(read(parameter, &text, &json!({})), Some(Ok(value.clone())), "{name}");
    }
    let parameter = &contract.operations()[0].parameters()[1];
    assert!(matches!(read(parameter, "q=%7B", &json!({})), Some(Err(reason)) if reason.contains("not JSON")));
}
