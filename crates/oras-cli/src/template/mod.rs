//! Templates: the output of a Go template for the JSON of a result.

mod functions;
mod unknown;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::Context;
use clap::ArgMatches;
use gotmpl::{Template, Value as Data};
use serde_json::{Number, Value};

use crate::formats::GO_TEMPLATE;
use crate::usage::{Usage, ensure_usage};

/// The template of this run, in Go's syntax.
static CHOSEN: OnceLock<String> = OnceLock::new();

/// Stores the template from the command line, if there is one.
pub(crate) fn choose(mut matches: &ArgMatches) -> anyhow::Result<()> {
    while let Some((_, inner)) = matches.subcommand() {
        matches = inner;
    }
    let flag = matches.try_get_one::<String>("template").ok().flatten();
    let format = matches.try_get_raw("format").ok().flatten();
    let format = format.and_then(|mut values| values.next()?.to_str());
    let text = match (format, flag) {
        (Some(GO_TEMPLATE), Some(flag)) => flag,
        (Some(GO_TEMPLATE), None) => {
            return Err(Usage::error(
                "--format go-template needs a template: give --template, or --format go-template=TEMPLATE",
            ));
        }
        (format, flag) => {
            let inline = format.and_then(|format| format.strip_prefix(GO_TEMPLATE)?.strip_prefix('='));
            ensure_usage!(
                flag.is_none(),
                "--template is for --format go-template: give both, or remove --template"
            );
            let Some(inline) = inline else {
                return Ok(());
            };
            inline
        }
    };
    // A syntax error is reported before anything is done.
    parse(text)?;
    CHOSEN.get_or_init(|| text.to_owned());
    Ok(())
}

/// Renders a result with the template of this run, if there is one.
pub(crate) fn render_with(
    result: impl FnOnce() -> serde_json::Result<Value>,
) -> anyhow::Result<Option<String>> {
    let Some(text) = CHOSEN.get() else {
        return Ok(None);
    };
    let result = result().context("cannot write the result as JSON")?;
    let rendered = parse(text)?.execute_to_string(&data(&result));
    let rendered = rendered.context("the template does not fit the result, which --format json shows")?;
    Ok(Some(rendered))
}

fn parse(text: &str) -> anyhow::Result<Template> {
    let template = functions::add_to(Template::new("template"));
    let template = template.parse(text).map_err(|error| {
        Usage::error(format!(
            "{error}: correct the template, or use --format json and a program such as jq"
        ))
    })?;
    match unknown::find(&template, functions::is_known) {
        None => Ok(template),
        Some(name) => Err(Usage::error(format!(
            "the template calls {name}, which is no function here: use --format json and a program such as jq"
        ))),
    }
}

fn data(value: &Value) -> Data {
    match value {
        Value::Null => Data::Nil,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => of_number(number),
        Value::String(text) => Data::String(text.as_str().into()),
        Value::Array(elements) => Data::List(elements.iter().map(data).collect::<Vec<_>>().into()),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.as_str().into(), data(value)));
            Data::Map(members.collect::<BTreeMap<_, _>>().into())
        }
    }
}

/// Keeps integers as integers: a size is never written with an exponent.
fn of_number(number: &Number) -> Data {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Data::Int(whole),
        (None, Some(number)) => Data::Float(number),
        (None, None) => Data::String(number.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{data, parse};

    /// What oras 1.3.6 writes for the same template and result.
    #[test]
    fn a_template_writes_what_oras_writes() {
        let result = serde_json::json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "size": 528,
            "tags": ["v1", "v2"],
            "content": {"layers": [{"size": 5, "annotations": {"title": "a<b"}}], "schemaVersion": 2},
        });
        let written = |text: &str| parse(text).unwrap().execute_to_string(&data(&result)).unwrap();
        for (template, expected) in [
            ("{{.nope}} {{.size}}", "<no value> 528"),
            ("{{range .content.layers}}{{println .size}}{{end}}", "5\n"),
            (
                "{{.content}}",
                "map[layers:[map[annotations:map[title:a<b] size:5]] schemaVersion:2]",
            ),
            (
                "{{upper .mediaType | trimPrefix \"APPLICATION/\"}}",
                "VND.OCI.IMAGE.MANIFEST.V1+JSON",
            ),
            (
                "{{toJson .content}}",
                r#"{"layers":[{"annotations":{"title":"a\u003cb"},"size":5}],"schemaVersion":2}"#,
            ),
            (
                "{{join \",\" .tags}} {{first .tags}} {{last .tags}} {{len .tags}}",
                "v1,v2 v1 v2 2",
            ),
            (
                "{{replace \"v\" \"w\" (index .tags 0)}} {{splitList \"/\" \"a/b\"}}",
                "w1 [a b]",
            ),
            (
                "{{default \"none\" .nope}} {{quote \"a\"}} {{trim \" a \"}}",
                "none \"a\" a",
            ),
            (
                "{{if and (hasPrefix \"app\" .mediaType) (contains \"oci\" .mediaType)}}y{{else}}n{{end}}",
                "y",
            ),
            ("{{- /* a comment */ -}} {{with .nope}}x{{end}}", ""),
        ] {
            assert_eq!(written(template), expected, "{template}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_template_is_told() {
        for wrong in [
            "{{.digest",
            "{{nope .digest}}",
            "{{if .x}}{{else}}{{(.y | ago).z}}{{end}}",
        ] {
            let error = parse(wrong).err().expect(wrong).to_string();
            assert!(error.contains("--format json"), "{error}");
        }
    }
}
