//! Finds unknown functions in a template before anything is done.

use gotmpl::Template;
use gotmpl::parse::{Expr, ListNode, Node, PipeNode};

/// The functions of Go's own templates.
const BUILT_IN: [&str; 19] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print",
    "printf", "println", "slice", "urlquery",
];

/// Returns the name of a function that is neither built in nor accepted by `known`.
pub(super) fn find(template: &Template, known: impl Fn(&str) -> bool) -> Option<String> {
    let mut names = Vec::new();
    let bodies = template
        .templates()
        .into_iter()
        .filter_map(|name| template.lookup(name));
    let main = template.lookup(template.name());
    bodies.chain(main).for_each(|body| in_list(body, &mut names));
    names
        .into_iter()
        .find(|name| !BUILT_IN.contains(&name.as_str()) && !known(name))
}

fn in_list(list: &ListNode, names: &mut Vec<String>) {
    for node in &list.nodes {
        match node {
            Node::List(list) => in_list(list, names),
            Node::Action(action) => in_pipe(&action.pipe, names),
            Node::If(branch) | Node::Range(branch) | Node::With(branch) => {
                in_pipe(&branch.pipe, names);
                in_list(&branch.body, names);
                if let Some(body) = &branch.else_body {
                    in_list(body, names);
                }
            }
            Node::Template(call) => {
                if let Some(pipe) = &call.pipe {
                    in_pipe(pipe, names);
                }
            }
            Node::Define(define) => in_list(&define.body, names),
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
    }
}

fn in_pipe(pipe: &PipeNode, names: &mut Vec<String>) {
    let expressions = pipe.commands.iter().flat_map(|command| &command.args);
    expressions.for_each(|expression| in_expression(expression, names));
}

fn in_expression(expression: &Expr, names: &mut Vec<String>) {
    match expression {
        Expr::Identifier(_, name) => names.push(name.to_string()),
        Expr::Pipe(_, pipe) => in_pipe(pipe, names),
        Expr::Chain(_, of, _) => in_expression(of, names),
        _ => {}
    }
}
