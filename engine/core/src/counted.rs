//! `count` in a wire's filter. RFC 9535 (2.4.5) counts no places as 0; the library's `count` gives nothing then, which equals no number, so that whoever
//! asks who has no groups would find nobody.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, Literal, Segment, Selector, Test, TestFunction,
};

/// The same segments; a comparison of `count` holds where there is nothing to count if it holds for 0, and only then.
pub(crate) fn mended(segments: Vec<Segment>) -> Vec<Segment> {
    segments.into_iter().map(segment).collect()
}

fn segment(segment: Segment) -> Segment {
    match segment {
        Segment::Descendant(inner) => Segment::Descendant(Box::new(self::segment(*inner))),
        Segment::Selector(one) => Segment::Selector(selector(one)),
        Segment::Selectors(many) => Segment::Selectors(many.into_iter().map(selector).collect()),
    }
}

fn selector(selector: Selector) -> Selector {
    match selector {
        Selector::Filter(inner) => Selector::Filter(filter(inner)),
        other => other,
    }
}

fn filter(filter: Filter) -> Filter {
    match filter {
        Filter::Or(parts) => Filter::Or(parts.into_iter().map(self::filter).collect()),
        Filter::And(parts) => Filter::And(parts.into_iter().map(self::filter).collect()),
        Filter::Atom(FilterAtom::Filter { expr, not }) => {
            Filter::Atom(FilterAtom::Filter { expr: Box::new(self::filter(*expr)), not })
        }
        Filter::Atom(FilterAtom::Comparison(comparison)) => {
            let counted = of_nothing(&comparison).map(|(counted, holds)| (counted.clone(), holds));
            let itself = Filter::Atom(FilterAtom::Comparison(comparison));
            let Some((counted, holds)) = counted else { return itself };
            let there = Filter::Atom(FilterAtom::Test { expr: Box::new(counted), not: holds });
            if holds { Filter::Or(vec![there, itself]) } else { Filter::And(vec![there, itself]) }
        }
        other => other,
    }
}

/// What a comparison counts, and whether it holds for 0.
fn of_nothing(comparison: &Comparison) -> Option<(&Test, bool)> {
    let (counted, a, b) = match comparison.vals() {
        (Comparable::Function(TestFunction::Count(counted)), Comparable::Literal(b)) => {
            (counted, Some(0.0), number(b))
        }
        (Comparable::Literal(a), Comparable::Function(TestFunction::Count(counted))) => {
            (counted, number(a), Some(0.0))
        }
        _ => return None,
    };
    let ordered = a.zip(b).and_then(|(a, b)| a.partial_cmp(&b));
    let holds = match comparison {
        Comparison::Eq(..) => ordered.is_some_and(|order| order.is_eq()),
        Comparison::Ne(..) => !ordered.is_some_and(|order| order.is_eq()),
        Comparison::Gt(..) => ordered.is_some_and(|order| order.is_gt()),
        Comparison::Gte(..) => ordered.is_some_and(|order| order.is_ge()),
        Comparison::Lt(..) => ordered.is_some_and(|order| order.is_lt()),
        Comparison::Lte(..) => ordered.is_some_and(|order| order.is_le()),
    };
    match counted {
        FnArg::Test(counted) => Some((counted, holds)),
        _ => None,
    }
}

fn number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Int(number) => Some(*number as f64),
        Literal::Float(number) => Some(*number),
        _ => None,
    }
}
