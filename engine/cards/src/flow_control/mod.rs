//! Flow control that needs no machine: naming values and choosing between them.

flowrun_core::pure_cards! {
    assign::Assign,
    assign_if::AssignIf,
    lookup::Lookup,
    comment::Comment,
}
