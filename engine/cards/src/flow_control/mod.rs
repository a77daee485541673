//! Flow control that needs no machine: naming values and choosing between them.

cards! { FLOW_CONTROL:
    assign::Assign,
    assign_if::AssignIf,
    lookup::Lookup,
    comment::Comment,
}
