//! Derives the inputs and outputs of cards from plain structs.
//!
//! Doc comments become the manual, so a field without one does not compile.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, Meta, Result, Type};

/// Derives `Inputs`: the fields are the card's inputs.
///
/// `#[input(default = ",")]` gives a default, `#[input(key = "string")]` the key in Okta's exports,
/// `#[input(choices = ["a", "b"])]` the values allowed, `#[input(rest)]` takes all fields that the author names.
#[proc_macro_derive(Inputs, attributes(input))]
pub fn derive_inputs(item: TokenStream) -> TokenStream {
    expand(item, Side::Input)
}

/// Derives `Outputs`: the fields are the card's outputs. Takes `#[output(key = "…")]` and `#[output(rest)]`.
///
/// Of objects and lists of them an output says which keys they have: `#[output(keys = ["ID", "Name"])]`, with `open` where there may be
/// others, or `#[output(keys_of = "list")]` for those of an input's items, `rows`, `inputs`, `helper`: see `flowrun_core::card::Keys`.
#[proc_macro_derive(Outputs, attributes(output))]
pub fn derive_outputs(item: TokenStream) -> TokenStream {
    expand(item, Side::Output)
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Input,
    Output,
}

fn expand(item: TokenStream, side: Side) -> TokenStream {
    syn::parse(item)
        .and_then(|item| derive(&item, side))
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// What the attribute of one field says.
#[derive(Default)]
struct Options {
    key: Option<String>,
    default: Option<Expr>,
    choices: Option<Expr>,
    keys: Option<Expr>,
    keys_of: Option<Expr>,
    open: bool,
    rest: bool,
}

fn derive(item: &DeriveInput, side: Side) -> Result<Tokens> {
    let name = &item.ident;
    let Data::Struct(data) = &item.data else {
        return Err(Error::new_spanned(name, "a card's fields are those of a struct"));
    };
    let empty = syn::punctuated::Punctuated::new();
    let members = match &data.fields {
        Fields::Named(fields) => &fields.named,
        Fields::Unit => &empty,
        Fields::Unnamed(fields) => return Err(Error::new_spanned(fields, "a card's fields have names")),
    };
    let mut fields = Vec::new();
    let mut constants = Vec::new();
    let mut transfers = Vec::new();
    let mut rest = quote!(None);
    for member in members {
        let Some(ident) = &member.ident else { continue };
        let docs = docs(&member.attrs);
        if docs.is_empty() {
            return Err(Error::new_spanned(ident, "this field needs a doc comment: it is the user's manual"));
        }
        let options = options(&member.attrs, side)?;
        if options.rest {
            rest = quote!(Some(::flowrun_core::card::Rest {
                docs: ::std::borrow::Cow::Borrowed(#docs), ty: ::flowrun_core::types::Type::ANY }));
            transfers.push(match side {
                Side::Input => quote!(#ident: args.take_rest()),
                Side::Output => quote!(out.put_rest(self.#ident);),
            });
            continue;
        }
        let index = fields.len() as u16;
        fields.push(field(ident, &member.ty, &docs, &options, side));
        let constant = format_ident!("{}", ident.to_string().trim_start_matches("r#").to_uppercase());
        constants.push(quote!(#[allow(dead_code)] const #constant: ::flowrun_core::fault::InputId =
            ::flowrun_core::fault::InputId(#index);));
        transfers.push(match side {
            Side::Input => quote!(#ident: args.take(#index)?),
            Side::Output => quote!(out.put(#index, self.#ident);),
        });
    }
    let by_machine = by_machine(name, members.iter());
    let card_docs = docs(&item.attrs);
    Ok(match side {
        Side::Input => {
            if card_docs.is_empty() {
                return Err(Error::new_spanned(
                    name,
                    "this card needs a doc comment: it is the user's manual",
                ));
            }
            quote! {
                impl #name { #(#constants)* }
                #by_machine
                impl ::flowrun_core::card::Inputs for #name {
                    const DOCS: &'static str = #card_docs;
                    const FIELDS: &'static [::flowrun_core::card::Field] = &[#(#fields),*];
                    const REST: Option<::flowrun_core::card::Rest> = #rest;
                    #[allow(unused_variables)]
                    fn read(args: &mut ::flowrun_core::card::Args<'_>) -> ::flowrun_core::fault::Result<Self> {
                        Ok(Self { #(#transfers),* })
                    }
                }
            }
        }
        Side::Output => quote! {
            impl ::flowrun_core::card::Outputs for #name {
                const FIELDS: &'static [::flowrun_core::card::Field] = &[#(#fields),*];
                const REST: Option<::flowrun_core::card::Rest> = #rest;
                #[allow(unused_variables)]
                fn write(self, out: &mut ::flowrun_core::card::Slots<'_>) { #(#transfers)* }
            }
        },
    })
}

/// Counts the inputs of a card that takes a helper flow as read: the machine looks at some of them in the card's place. Of
/// all other cards the compiler tells which inputs they forget.
fn by_machine<'m>(name: &Ident, members: impl Iterator<Item = &'m syn::Field> + Clone) -> Tokens {
    let is_flow = |member: &syn::Field| {
        let ty = &member.ty;
        quote!(#ty).to_string().contains("FlowName")
    };
    if !members.clone().any(is_flow) {
        return Tokens::new();
    }
    let fields = members.filter_map(|member| member.ident.as_ref());
    quote!(const _: fn(&#name) = |card| { #(let _ = &card.#fields;)* };)
}

fn field(ident: &Ident, ty: &Type, docs: &str, options: &Options, side: Side) -> Tokens {
    let name = ident.to_string().trim_start_matches("r#").to_owned();
    let key = options.key.as_ref().unwrap_or(&name);
    let of = match side {
        Side::Input => quote!(<#ty as ::flowrun_core::value::FromValue>),
        Side::Output => quote!(<#ty as ::flowrun_core::value::IntoValue>),
    };
    let (default, required) = match (&options.default, side) {
        (_, Side::Output) => (quote!(::flowrun_core::card::Literal::Null), quote!(false)),
        (Some(expr), _) => (literal(expr), quote!(false)),
        (None, _) => (quote!(::flowrun_core::card::Literal::Null), quote!(!#of::OPTIONAL)),
    };
    let choices = match &options.choices {
        Some(array @ Expr::Array(_)) => quote!(::flowrun_core::card::Words::Written(&#array)),
        Some(constant) => quote!(::flowrun_core::card::Words::Written(#constant)),
        None => quote!(::flowrun_core::card::Words::NONE),
    };
    let keys = match keys(options) {
        Ok(keys) => keys,
        Err(error) => error.to_compile_error(),
    };
    quote! {
        ::flowrun_core::card::Field {
            name: ::std::borrow::Cow::Borrowed(#name), key: ::std::borrow::Cow::Borrowed(#key), ty: #of::TYPE,
            docs: ::std::borrow::Cow::Borrowed(#docs), required: #required, default: #default,
            choices: #choices, keys: #keys,
        }
    }
}

/// What an output says of the keys of its objects.
fn keys(options: &Options) -> Result<Tokens> {
    let kind = quote!(::flowrun_core::card::Keys);
    let open = options.open;
    let names = match &options.keys {
        Some(array @ Expr::Array(_)) => Some(quote!(&#array)),
        Some(constant) => Some(quote!(#constant)),
        None => None,
    };
    if let Some(names) = names {
        let names = quote!(::flowrun_core::card::Words::Written(#names));
        return Ok(quote!(#kind::Known { names: #names, open: #open }));
    }
    Ok(match &options.keys_of {
        None => quote!(#kind::Unknown),
        Some(Expr::Path(of)) if of.path.is_ident("rows") => quote!(#kind::OfRows),
        Some(Expr::Path(of)) if of.path.is_ident("inputs") => quote!(#kind::OfInputs),
        Some(Expr::Path(of)) if of.path.is_ident("helper") => quote!(#kind::OfHelper),
        Some(Expr::Lit(ExprLit { lit: Lit::Str(input), .. })) => {
            quote!(#kind::OfItems(::std::borrow::Cow::Borrowed(#input)))
        }
        Some(other) => {
            return Err(Error::new_spanned(other, "expected rows, inputs, helper or the name of an input"));
        }
    })
}

fn literal(expr: &Expr) -> Tokens {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            quote!(::flowrun_core::card::Literal::Text(::std::borrow::Cow::Borrowed(#text)))
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(truth), .. }) => {
            quote!(::flowrun_core::card::Literal::Bool(#truth))
        }
        number => quote!(::flowrun_core::card::Literal::Number((#number) as f64)),
    }
}

fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> =
        lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

fn options(attributes: &[Attribute], side: Side) -> Result<Options> {
    let mut options = Options::default();
    let wanted = if side == Side::Input { "input" } else { "output" };
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(wanted)) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rest") {
                options.rest = true;
            } else if meta.path.is_ident("key") {
                options.key = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.path.is_ident("default") && side == Side::Input {
                options.default = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("choices") && side == Side::Input {
                options.choices = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("keys") && side == Side::Output {
                options.keys = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("keys_of") && side == Side::Output {
                options.keys_of = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("open") && side == Side::Output {
                options.open = true;
            } else {
                return Err(meta.error("expected key, rest, default, choices, keys, keys_of or open"));
            }
            Ok(())
        })?;
    }
    Ok(options)
}
