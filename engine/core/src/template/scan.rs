//! What a template reads, and whether the filters, tests and functions it names exist.

use minijinja::machinery::Span;
use minijinja::machinery::ast::{Call, CallArg, CallType, Expr, Spanned, Stmt};

use super::TemplateError;
use super::order::{Order, Side, is_binary_order, is_order, side};
use super::reads::{Read, Reads};
use crate::suggest::{closest, did_you_mean};
use crate::value::Text;

/// Something that a template reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The name, and the name within it: `[inputs, name]`; the first alone where the second is not known before the run,
    /// and for `item` and `index`.
    pub path: Vec<Text>,
    /// Where it first stands: the first byte,
    pub start: usize,
    /// and the byte behind the last.
    pub end: usize,
}

/// Minijinja's filters. It doesn't list them; a test compares.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "as_list",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "date",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "fromjson",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "number",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// Minijinja's tests.
pub(super) const TESTS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// The functions; `debug` and `namespace` are left out on purpose.
pub(super) const FUNCTIONS: &[&str] = &["dict", "range"];

/// Names that are values themselves, rather than holding values by name.
const WHOLE: &[&str] = &["item", "index"];

/// What a template reads and compares.
pub(super) struct Found {
    pub uses: Vec<Use>,
    pub orders: Vec<Order>,
    pub reads: Vec<Read>,
}

/// How many steps of a path are followed; no record is as deep.
const LONGEST_PATH: usize = 32;

pub(super) fn scan(tree: &Stmt<'_>, source: &str) -> Result<Found, TemplateError> {
    let mut scan = Scan {
        source,
        uses: Vec::new(),
        orders: Vec::new(),
        error: None,
        reads: Reads::default(),
        local: vec![["loop", "self", "caller"].map(|name| (name, None)).into()],
    };
    scan.statement(tree);
    match scan.error {
        Some(error) => Err(error),
        None => Ok(Found { uses: scan.uses, orders: scan.orders, reads: scan.reads.settled() }),
    }
}

struct Scan<'s> {
    source: &'s str,
    uses: Vec<Use>,
    orders: Vec<Order>,
    error: Option<TemplateError>,
    reads: Reads,
    /// The names that the template itself gives values to, scope by scope, each with where its value lies if that is sure.
    local: Vec<Vec<(&'s str, Option<Read>)>>,
}

impl<'s> Scan<'s> {
    fn statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::Template(template) => self.body(&template.children),
            Stmt::EmitExpr(emit) => self.expr(&emit.expr),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(each) => {
                self.expr(&each.iter);
                self.local.push(Vec::new());
                match &each.target {
                    Expr::Var(variable) => self.name(variable.id, self.path(&each.iter).map(Read::item)),
                    target => self.assign(target),
                }
                self.maybe(each.filter_expr.as_ref());
                self.body(&each.body);
                self.local.pop();
                self.body(&each.else_body);
            }
            Stmt::IfCond(choice) => {
                self.expr(&choice.expr);
                self.body(&choice.true_body);
                self.body(&choice.false_body);
            }
            Stmt::WithBlock(with) => {
                self.local.push(Vec::new());
                for (target, value) in &with.assignments {
                    self.expr(value);
                    self.assign(target);
                }
                self.body(&with.body);
                self.local.pop();
            }
            Stmt::Set(set) => {
                self.expr(&set.expr);
                self.assign(&set.target);
            }
            Stmt::SetBlock(set) => {
                self.maybe(set.filter.as_ref());
                self.body(&set.body);
                self.assign(&set.target);
            }
            Stmt::AutoEscape(block) => self.body(&block.body),
            Stmt::FilterBlock(block) => {
                self.expr(&block.filter);
                self.body(&block.body);
            }
            // A macro can call itself with twice what it was given.
            Stmt::Macro(declared) => self.alone("macro", declared.span()),
            Stmt::CallBlock(block) => self.alone("call", block.span()),
            Stmt::Do(block) => self.call(&block.call),
            Stmt::Block(block) => self.alone("block", block.span()),
            Stmt::Import(import) => self.alone("import", import.span()),
            Stmt::FromImport(import) => self.alone("from", import.span()),
            Stmt::Extends(extends) => self.alone("extends", extends.span()),
            Stmt::Include(include) => self.alone("include", include.span()),
            // Variants that other features of minijinja bring; they hold no expressions.
            #[allow(unreachable_patterns)]
            _ => {}
        }
    }

    fn body(&mut self, statements: &[Stmt<'s>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn maybe(&mut self, expr: Option<&Expr<'s>>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr<'s>) {
        self.reads.add(self.path(expr));
        match expr {
            Expr::Const(_) => {}
            Expr::Var(variable) if self.is_local(variable.id) => {}
            Expr::Var(variable) => self.read(&[variable.id], variable.span()),
            Expr::GetAttr(attribute) => match &attribute.expr {
                Expr::Var(variable) if !self.is_local(variable.id) => {
                    self.read(&[variable.id, attribute.name], variable.span());
                }
                inner => self.expr(inner),
            },
            Expr::GetItem(item) => match (&item.expr, &item.subscript_expr) {
                (Expr::Var(variable), Expr::Const(key)) if !self.is_local(variable.id) => {
                    match key.value.as_str() {
                        Some(key) => self.read(&[variable.id, key], variable.span()),
                        None => self.read(&[variable.id], variable.span()),
                    }
                }
                (inner, key) => {
                    self.expr(inner);
                    self.expr(key);
                }
            },
            Expr::Slice(slice) => {
                self.expr(&slice.expr);
                [&slice.start, &slice.stop, &slice.step]
                    .into_iter()
                    .for_each(|part| self.maybe(part.as_ref()));
            }
            Expr::UnaryOp(operation) => self.expr(&operation.expr),
            Expr::BinOp(operation) => {
                self.orders(expr);
                self.expr(&operation.left);
                self.expr(&operation.right);
            }
            Expr::Compare(comparison) => {
                self.orders(expr);
                self.expr(&comparison.expr);
                comparison.ops.iter().for_each(|operand| self.expr(&operand.expr));
            }
            Expr::IfExpr(choice) => {
                self.expr(&choice.test_expr);
                self.expr(&choice.true_expr);
                self.maybe(choice.false_expr.as_ref());
            }
            Expr::Filter(filter) => {
                if matches!(filter.name, "default" | "d") {
                    self.reads.may_lack(filter.expr.as_ref().and_then(|expr| self.path(expr)));
                }
                self.maybe(filter.expr.as_ref());
                self.known("filter", filter.name, FILTERS, filter.span());
                // Filters that take the name of another filter or of a test.
                let (kind, names, at) = match filter.name {
                    "map" => ("filter", FILTERS, 0),
                    "select" | "reject" => ("test", TESTS, 0),
                    _ => ("test", TESTS, 1),
                };
                if matches!(filter.name, "map" | "select" | "reject" | "selectattr" | "rejectattr")
                    && let Some(CallArg::Pos(Expr::Const(name))) = filter.args.get(at)
                    && let Some(text) = name.value.as_str()
                {
                    self.known(kind, text, names, name.span());
                }
                self.arguments(&filter.args);
            }
            Expr::Test(test) => {
                if matches!(test.name, "defined" | "undefined") {
                    self.reads.may_lack(self.path(&test.expr));
                }
                self.expr(&test.expr);
                self.known("test", test.name, TESTS, test.span());
                self.arguments(&test.args);
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.items.iter().for_each(|item| self.expr(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.expr(item)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|part| self.expr(part)),
        }
    }

    fn call(&mut self, call: &Spanned<Call<'s>>) {
        match call.identify_call() {
            CallType::Function(name) if self.is_local(name) => {}
            CallType::Function(name) => self.known("function", name, FUNCTIONS, call.expr.span()),
            // Only what the template made itself can have methods: loops.
            CallType::Method(Expr::Var(variable), _) if self.is_local(variable.id) => {}
            CallType::Method(of, name) => {
                self.expr(of);
                let place = self.word(name, call.expr.span());
                let help = FILTERS.contains(&name).then(|| {
                    let arguments = if call.args.is_empty() { "" } else { "(…)" };
                    format!("write it as a filter: `{{{{ … | {name}{arguments} }}}}`")
                });
                self.refuse(format!("there is no method `{name}`"), place, help, true);
            }
            CallType::Block(_) => self.alone("block", call.expr.span()),
            CallType::Object(of) => self.expr(of),
        }
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &[CallArg<'s>]) {
        for argument in arguments {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            self.expr(value);
        }
    }

    fn read(&mut self, path: &[&str], first: Span) {
        let root = path[0];
        if path.len() == 1 && FUNCTIONS.contains(&root) {
            return;
        }
        let start = first.start_offset as usize;
        let mut end = first.end_offset as usize;
        // The span of an attribute is not that of its path; the source tells where the second name ends.
        if let Some(second) = path.get(1)
            && let Some(found) = self.source.get(end..).and_then(|rest| rest.find(second))
        {
            end += found + second.len();
        }
        let path: Vec<Text> =
            if WHOLE.contains(&root) { &path[..1] } else { path }.iter().map(|&name| name.into()).collect();
        // Who reads the whole reads its parts as well, in whatever order they are met.
        if self.uses.iter().any(|known| path.starts_with(&known.path)) {
            return;
        }
        if path.len() == 1 {
            self.uses.retain(|known| known.path[0] != path[0]);
        }
        self.uses.push(Use { path, start, end });
    }

    /// Notes what is compared by size. It stands by itself, because `expr` calls itself as deep as a template nests.
    fn orders(&mut self, expr: &Expr<'s>) {
        match expr {
            Expr::BinOp(operation) if is_binary_order(operation.op) => {
                self.order([&operation.left, &operation.right], operation.span());
            }
            Expr::Compare(comparison) => {
                let operands = comparison.ops.iter().map(|operand| &operand.expr);
                let lefts = std::iter::once(&comparison.expr).chain(operands);
                for (left, operand) in lefts.zip(&comparison.ops).filter(|(_, operand)| is_order(operand.op))
                {
                    self.order([left, &operand.expr], comparison.span());
                }
            }
            _ => {}
        }
    }

    fn order(&mut self, sides: [&Expr<'s>; 2], span: Span) {
        let sides = sides.map(|expr| match expr {
            Expr::GetAttr(attribute)
                if matches!(&attribute.expr, Expr::Var(variable) if self.is_local(variable.id)) =>
            {
                Side::Unknown
            }
            expr => side(expr),
        });
        self.orders.push(Order { sides, start: span.start_offset as usize, end: span.end_offset as usize });
    }

    fn assign(&mut self, target: &Expr<'s>) {
        match target {
            Expr::Var(variable) => self.name(variable.id, None),
            Expr::List(list) => list.items.iter().for_each(|item| self.assign(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assign(item)),
            // Nothing else can be set.
            other => self.expr(other),
        }
    }

    fn name(&mut self, name: &'s str, value: Option<Read>) {
        if let Some(scope) = self.local.last_mut() {
            scope.push((name, value));
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.local(name).is_some()
    }

    /// What the template itself calls by this name.
    fn local(&self, name: &str) -> Option<&Option<Read>> {
        let mut names = self.local.iter().flatten().rev();
        names.find(|(local, _)| *local == name).map(|(_, value)| value)
    }

    /// Where an expression reads, if it is nothing but a way into something, and that is sure.
    fn path(&self, expr: &Expr<'s>) -> Option<Read> {
        self.steps(expr, LONGEST_PATH)
    }

    /// The same, along so many steps at most.
    fn steps(&self, expr: &Expr<'s>, most: usize) -> Option<Read> {
        let most = most.checked_sub(1)?;
        match expr {
            Expr::Var(variable) => {
                let span = variable.span();
                let place = (span.start_offset as usize, span.end_offset as usize);
                match self.local(variable.id) {
                    Some(value) => value.clone().map(|value| value.at(place)),
                    None => Some(Read::new(variable.id, place)),
                }
            }
            Expr::GetAttr(attribute) => {
                Some(self.steps(&attribute.expr, most)?.name(attribute.name, self.source))
            }
            Expr::GetItem(item) => {
                let of = self.steps(&item.expr, most)?;
                match &item.subscript_expr {
                    Expr::Const(key) if key.value.as_str().is_some() => {
                        Some(of.name(key.value.as_str()?, self.source))
                    }
                    _ => Some(of.item()),
                }
            }
            Expr::Slice(slice) => self.steps(&slice.expr, most),
            Expr::Filter(filter) => {
                let of = self.steps(filter.expr.as_ref()?, most)?;
                match filter.name {
                    "first" | "last" => Some(of.item()),
                    "sort" | "reverse" | "list" | "selectattr" | "rejectattr" => Some(of),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn known(&mut self, kind: &str, name: &str, names: &[&str], span: Span) {
        let squeezed: String = name.split_whitespace().collect();
        if names.contains(&&*squeezed) {
            return;
        }
        let help = if kind == "function" && FILTERS.contains(&name) {
            Some(format!("`{name}` is a filter: write `{{{{ … | {name} }}}}`"))
        } else if kind == "function" && matches!(name, "now" | "today" | "utcnow") {
            Some("the time comes from the card `date_time.now`".to_owned())
        } else if kind == "test" && closest(name, ["empty", "blank", "null"]).is_some() {
            Some("`not …` is true of what is empty, `… is none` of what is missing".to_owned())
        } else {
            closest(name, names.iter().copied()).map(did_you_mean)
        };
        let place = self.word(name, span);
        self.refuse(format!("there is no {kind} `{name}` for templates"), place, help, true);
    }

    fn alone(&mut self, tag: &str, span: Span) {
        let message = format!("a template stands alone: it can't have `{tag}`");
        let help = Some("make a helper flow, or a card before".to_owned());
        self.refuse(message, (span.start_offset as usize, span.end_offset as usize), help, false);
    }

    fn refuse(
        &mut self,
        message: String,
        (start, end): (usize, usize),
        help: Option<String>,
        unknown_name: bool,
    ) {
        // The first mistake is the one worth reading.
        self.error.get_or_insert(TemplateError { message, start, end, help, unknown_name });
    }

    /// Where `name` stands within `span`, or behind it; spans of filters and tests are not always those of their names.
    fn word(&self, name: &str, span: Span) -> (usize, usize) {
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        let within = self.source.get(start..end).and_then(|text| text.rfind(name)).map(|at| start + at);
        let at =
            within.or_else(|| self.source.get(end..).and_then(|text| text.find(name)).map(|at| end + at));
        at.map_or((start, end), |at| (at, at + name.len()))
    }
}
