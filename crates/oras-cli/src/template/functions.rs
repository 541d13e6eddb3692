//! Functions for templates: those of Go are built in; these are the ones of Sprig that are useful for results.

use gotmpl::{Template, TemplateError, Value};
use serde_json::Value as Json;

type Result = std::result::Result<Value, TemplateError>;

/// Options come first and the value last, so that functions work in pipelines.
type Function = fn(&[&str]) -> Value;

/// Functions that take only strings: the name, the number of arguments, the function.
const OF_TEXTS: [(&str, usize, Function); 11] = [
    ("upper", 1, |texts| text(texts[0].to_uppercase())),
    ("lower", 1, |texts| text(texts[0].to_lowercase())),
    ("trim", 1, |texts| text(texts[0].trim())),
    ("quote", 1, |texts| text(format!("{:?}", texts[0]))),
    ("trimPrefix", 2, |texts| {
        text(texts[1].strip_prefix(texts[0]).unwrap_or(texts[1]))
    }),
    ("trimSuffix", 2, |texts| {
        text(texts[1].strip_suffix(texts[0]).unwrap_or(texts[1]))
    }),
    ("contains", 2, |texts| Value::Bool(texts[1].contains(texts[0]))),
    ("hasPrefix", 2, |texts| {
        Value::Bool(texts[1].starts_with(texts[0]))
    }),
    ("hasSuffix", 2, |texts| Value::Bool(texts[1].ends_with(texts[0]))),
    ("splitList", 2, |texts| {
        Value::List(texts[1].split(texts[0]).map(text).collect())
    }),
    ("replace", 3, |texts| text(texts[2].replace(texts[0], texts[1]))),
];

/// The other functions.
const OTHERS: [&str; 6] = ["join", "default", "first", "last", "toJson", "toPrettyJson"];

pub(super) fn is_known(name: &str) -> bool {
    OF_TEXTS.iter().any(|(known, ..)| *known == name) || OTHERS.contains(&name)
}

/// Adds all functions to a template before it is parsed.
pub(super) fn add_to(mut template: Template) -> Template {
    for (name, count, function) in OF_TEXTS {
        template = template.func(name, move |values| {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            match texts.len() == count && values.len() == count {
                true => Ok(function(&texts)),
                false => Err(TemplateError::Exec(format!("{name} takes {count} texts"))),
            }
        });
    }
    template
        .func("join", join)
        .func("default", |values| {
            let (default, value) = two("default", values)?;
            Ok(if value.is_truthy() { value } else { default }.clone())
        })
        .func("first", |values| end_of("first", values, |list| list.first()))
        .func("last", |values| end_of("last", values, |list| list.last()))
        .func("toJson", |values| written(values, |json| json.to_string()))
        .func("toPrettyJson", |values| {
            written(values, |json| format!("{json:#}"))
        })
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into().into())
}

fn two<'a>(name: &str, values: &'a [Value]) -> std::result::Result<(&'a Value, &'a Value), TemplateError> {
    match values {
        [first, second] => Ok((first, second)),
        _ => Err(TemplateError::Exec(format!("{name} takes two values"))),
    }
}

fn join(values: &[Value]) -> Result {
    let (Value::String(between), Value::List(list)) = two("join", values)? else {
        return Err(TemplateError::Exec("join takes a text and a list".to_owned()));
    };
    let texts: Vec<String> = list.iter().map(Value::to_string).collect();
    Ok(text(texts.join(between)))
}

fn end_of(name: &str, values: &[Value], end: fn(&[Value]) -> Option<&Value>) -> Result {
    match values {
        [Value::List(list)] => Ok(end(list).cloned().unwrap_or(Value::Nil)),
        _ => Err(TemplateError::Exec(format!("{name} takes a list"))),
    }
}

fn written(values: &[Value], write: fn(&Json) -> String) -> Result {
    let [value] = values else {
        return Err(TemplateError::Exec(
            "there is one value to write as JSON".to_owned(),
        ));
    };
    let json = write(&json(value));
    // Escapes as Go does, so that the result is safe in HTML.
    let escaped = json
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    Ok(text(escaped))
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) => (**text).into(),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| (key.to_string(), json(value)))
            .collect(),
        Value::Nil | Value::Function(_) => Json::Null,
    }
}
